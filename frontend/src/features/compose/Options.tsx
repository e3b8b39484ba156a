import { t } from "@lingui/core/macro";
import { type ReactElement } from "react";
import { laterCode } from "@/lib/laterCode";
import { AS_IT_WAS, type Size, SIZES } from "@/api/choices";
import { DEFAULTS } from "@/api/tables.gen";
import { FILM_FIELDS } from "@/components/film";
import { Folded } from "@/components/Folded";
import { SizeLabel } from "@/components/SizeLabel";
import { SlideOptions } from "@/components/SlideOptions";
import { TextField } from "@/components/TextField";
import { TextSize } from "@/components/TextSize";
import { dotted, figure } from "@/lib/format";
import { countMore, type Draft, moreOf, withMore } from "./draft";
import styles from "./Options.module.css";
import { Presets } from "./Presets";
import { ThemeGallery } from "./ThemeGallery";

const BrandFields = laterCode(async () => (await import("./BrandFields")).BrandFields);
const MoreFields = laterCode(async () => (await import("./MoreFields")).MoreFields);

export interface FieldMessages extends Partial<Record<keyof Draft, string>> {
  /** Of what is in `more`, by the wire's names. */
  wire?: Readonly<Record<string, string>>;
}

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
    ...named,
    { value: AS_IT_WAS, label: <SizeLabel label={t`Own size`} width={width} height={height} /> },
  ];
}

/** How the slides shall look and what shall be made of them. */
export function Options({ draft, problems, onChange }: Props): ReactElement {
  const { wire = {}, ...said } = problems;
  const set = countMore(draft.more);
  const film = FILM_FIELDS.map((field) => wire[field]).find((problem) => problem !== undefined);
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
      <TextSize
        name="zoom"
        value={draft.zoom}
        error={problems.zoom}
        onChange={(zoom) => {
          onChange({ zoom });
        }}
      />
      <SlideOptions
        value={{ ...draft, film: draft.more }}
        sizes={sizes(draft)}
        problems={{ ...said, film }}
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
      <Folded summary={t`Brand, footer, page numbers`}>
        <BrandFields
          value={draft.more}
          onChange={(more) => {
            onChange({ more });
          }}
        />
      </Folded>
      <Folded
        summary={dotted(t`Everything else`, set === 0 ? null : t`${figure(set)} set`)}
        wrong={Object.keys(wire).length > 0 && film === undefined}
      >
        <MoreFields
          value={moreOf(draft)}
          problems={wire}
          onChange={(more) => {
            onChange(withMore(more));
          }}
        />
      </Folded>
    </div>
  );
}
