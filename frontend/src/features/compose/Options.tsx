import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { AS_IT_WAS, type Size, SIZES } from "@/api/choices";
import { DEFAULTS } from "@/api/tables.gen";
import { SizeLabel } from "@/components/SizeLabel";
import { SlideOptions } from "@/components/SlideOptions";
import { TextField } from "@/components/TextField";
import { BrandOptions } from "./BrandOptions";
import type { Draft } from "./draft";
import styles from "./Options.module.css";
import { Presets } from "./Presets";
import { ThemeGallery } from "./ThemeGallery";

export type FieldMessages = Partial<Record<keyof Draft, string>>;

interface Props {
  draft: Draft;
  problems: FieldMessages;
  onChange: (change: Partial<Draft>) => void;
}

function sizes({ more }: Draft): { value: Draft["size"]; label: ReactElement }[] {
  const named = (Object.keys(SIZES) as Size[]).map((value) => ({
    value,
    label: <SizeLabel {...SIZES[value]} />,
  }));
  const { viewport_width: width, viewport_height: height } = { ...DEFAULTS, ...more };
  if (more.viewport_width === undefined && more.viewport_height === undefined) return named;
  return [
    { value: AS_IT_WAS, label: <SizeLabel label={t`As it was`} width={width} height={height} /> },
    ...named,
  ];
}

/** How the slides shall look and what shall be made of them. */
export function Options({ draft, problems, onChange }: Props): ReactElement {
  return (
    <div className={styles["options"]}>
      <Presets draft={draft} onChange={onChange} />
      <ThemeGallery
        chosen={draft.theme}
        error={problems.theme}
        onChange={(theme) => {
          onChange({ theme });
        }}
      />
      <SlideOptions
        value={{ ...draft, film: draft.more }}
        sizes={sizes(draft)}
        problems={{ ...problems, film: problems.more }}
        onChange={({ film, ...change }) => {
          onChange({ ...change, ...(film !== undefined && { more: { ...draft.more, ...film } }) });
        }}
      />
      <TextField
        name="title"
        label={t`Title`}
        placeholder={t`From the text`}
        value={draft.title}
        error={problems.title}
        onChange={(title) => {
          onChange({ title });
        }}
      />
      <div className={styles["pair"]}>
        <TextField
          name="zoom"
          label={t`Zoom`}
          inputMode="decimal"
          value={draft.zoom}
          error={problems.zoom}
          onChange={(zoom) => {
            onChange({ zoom });
          }}
        />
        <TextField
          name="maxSlides"
          label={t`Slides, at most`}
          inputMode="numeric"
          value={draft.maxSlides}
          error={problems.maxSlides}
          onChange={(maxSlides) => {
            onChange({ maxSlides });
          }}
        />
      </div>
      <BrandOptions
        value={draft.more}
        onChange={(more) => {
          onChange({ more });
        }}
      />
    </div>
  );
}
