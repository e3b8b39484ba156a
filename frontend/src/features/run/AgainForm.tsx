import { t } from "@lingui/core/macro";
import { type ReactElement, type ReactNode, type SyntheticEvent, useState } from "react";
import { AS_IT_WAS, type Size, sizeOf, SIZES } from "@/api/choices";
import type { FieldProblem, RerenderRequest, RunSpec } from "@/api/types";
import { Button } from "@/components/Button";
import { DialogActions } from "@/components/Dialog";
import { FILM_FIELDS } from "@/components/film";
import { SizeLabel } from "@/components/SizeLabel";
import { SlideOptions } from "@/components/SlideOptions";
import { TextSize } from "@/components/TextSize";
import { type Again, changes, findProblems, fromSpec } from "./again";
import styles from "./AgainForm.module.css";

interface Props {
  spec: RunSpec;
  busy: boolean;
  /** What the server found wrong. */
  errors: readonly FieldProblem[];
  onSubmit: (body: RerenderRequest) => void;
  onClose: () => void;
  children: ReactNode;
}

function sizes(spec: RunSpec): { value: Again["size"]; label: ReactNode }[] {
  const named = (Object.keys(SIZES) as Size[]).map((value) => ({
    value,
    label: <SizeLabel {...SIZES[value]} />,
  }));
  if (sizeOf(spec) !== AS_IT_WAS) return named;
  const own = { label: t`As it was`, width: spec.viewport_width ?? 0, height: spec.viewport_height ?? 0 };
  return [{ value: AS_IT_WAS, label: <SizeLabel {...own} /> }, ...named];
}

/** Begins with how the run was made; sends what is to be otherwise. */
export function AgainForm({ spec, busy, errors, onSubmit, onClose, children }: Props): ReactElement {
  const [again, setAgain] = useState(() => fromSpec(spec));
  const change = (part: Partial<Again>): void => {
    setAgain((before) => ({ ...before, ...part }));
  };
  const problems = findProblems(again);
  const said = (field: string): string | undefined =>
    errors.find((error) => error.field.split(".", 1)[0] === field)?.problem;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (Object.keys(problems).length === 0) onSubmit(changes(again, spec));
  };
  return (
    <form className={styles["form"]} noValidate onSubmit={submit}>
      <SlideOptions
        prefix="again-"
        value={again}
        sizes={sizes(spec)}
        problems={{
          size: said("viewport_width") ?? said("viewport_height"),
          outputs: problems.outputs ?? said("outputs"),
          imageFormat: said("image_format"),
          pngMode: said("png_mode"),
          fit: said("fit"),
          pdfLayout: said("pdf_layout"),
          pdfNotes: said("pdf_notes"),
          pptxMode: said("pptx_mode"),
          voice: said("voice"),
          transition: said("transition"),
          film: FILM_FIELDS.map(said).find((problem) => problem !== undefined),
          slideSeconds: problems.slideSeconds ?? said("slide_seconds"),
        }}
        onChange={change}
      />
      <TextSize
        name="again-zoom"
        value={again.zoom}
        error={problems.zoom ?? said("zoom")}
        onChange={(zoom) => {
          change({ zoom });
        }}
      />
      <div className={styles["refusal"]}>{children}</div>
      <DialogActions>
        <Button onClick={onClose}>{t`Close`}</Button>
        <Button type="submit" tone="primary" disabled={busy}>
          {busy ? t`Sending …` : t`Make it`}
        </Button>
      </DialogActions>
    </form>
  );
}
