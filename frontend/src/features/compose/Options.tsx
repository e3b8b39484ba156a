import type { ReactElement } from "react";
import {
  formatNames,
  FORMATS,
  outputOptions,
  OUTPUTS,
  PNG_MODES,
  pngModeNames,
  type Size,
  SIZES,
} from "@/api/choices";
import type { Theme } from "@/api/types";
import { Choice } from "@/components/Field";
import { SizeLabel } from "@/components/SizeLabel";
import { TextField } from "@/components/TextField";
import { type Draft, THEMES } from "./draft";
import styles from "./Options.module.css";

export type FieldMessages = Partial<Record<keyof Draft, string>>;

interface Props {
  draft: Draft;
  problems: FieldMessages;
  onChange: (change: Partial<Draft>) => void;
}

const themeNames: Record<Theme, string> = { paper: "Paper", ink: "Ink", chalk: "Chalk" };

function ThemeLabel({ theme }: { theme: Theme }): ReactElement {
  return (
    <span className={styles["theme"]}>
      <span className={`${styles["swatch"] ?? ""} ${styles[theme] ?? ""}`} aria-hidden="true">
        Aa
      </span>
      {themeNames[theme]}
    </span>
  );
}

/** How the slides shall look and what shall be made of them. */
export function Options({ draft, problems, onChange }: Props): ReactElement {
  return (
    <div className={styles["options"]}>
      <Choice
        legend="Theme"
        name="theme"
        type="radio"
        options={THEMES.map((value) => ({ value, label: <ThemeLabel theme={value} /> }))}
        chosen={[draft.theme]}
        error={problems.theme}
        onChange={(theme) => {
          onChange({ theme });
        }}
      />
      <Choice
        legend="Size"
        name="size"
        type="radio"
        options={(Object.keys(SIZES) as Size[]).map((value) => ({
          value,
          label: <SizeLabel {...SIZES[value]} />,
        }))}
        chosen={[draft.size]}
        error={problems.size}
        onChange={(size) => {
          onChange({ size });
        }}
      />
      <Choice
        legend="Make"
        name="outputs"
        type="checkbox"
        options={outputOptions}
        chosen={draft.outputs}
        error={problems.outputs}
        onChange={(output, checked) => {
          onChange({
            outputs: OUTPUTS.filter((each) => (each === output ? checked : draft.outputs.includes(each))),
          });
        }}
      />
      <Choice
        legend="Image format"
        name="imageFormat"
        type="radio"
        options={FORMATS.map((value) => ({ value, label: formatNames[value] }))}
        chosen={[draft.imageFormat]}
        error={problems.imageFormat}
        onChange={(imageFormat) => {
          onChange({ imageFormat });
        }}
      />
      {draft.imageFormat === "png" && (
        <Choice
          legend="PNG"
          name="pngMode"
          type="radio"
          options={PNG_MODES.map((value) => ({ value, label: pngModeNames[value] }))}
          chosen={[draft.pngMode]}
          error={problems.pngMode}
          onChange={(pngMode) => {
            onChange({ pngMode });
          }}
        />
      )}
      <TextField
        name="title"
        label="Title"
        placeholder="From the text"
        value={draft.title}
        error={problems.title}
        onChange={(title) => {
          onChange({ title });
        }}
      />
      <div className={styles["pair"]}>
        <TextField
          name="zoom"
          label="Zoom"
          inputMode="decimal"
          value={draft.zoom}
          error={problems.zoom}
          onChange={(zoom) => {
            onChange({ zoom });
          }}
        />
        <TextField
          name="maxSlides"
          label="Slides, at most"
          inputMode="numeric"
          value={draft.maxSlides}
          error={problems.maxSlides}
          onChange={(maxSlides) => {
            onChange({ maxSlides });
          }}
        />
      </div>
    </div>
  );
}
