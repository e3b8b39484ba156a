import type { ReactElement } from "react";
import { type Size, SIZES } from "@/api/choices";
import type { Theme } from "@/api/types";
import { Choice } from "@/components/Field";
import { SizeLabel } from "@/components/SizeLabel";
import { SlideOptions } from "@/components/SlideOptions";
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
      <SlideOptions
        value={draft}
        sizes={(Object.keys(SIZES) as Size[]).map((value) => ({
          value,
          label: <SizeLabel {...SIZES[value]} />,
        }))}
        problems={problems}
        onChange={onChange}
      />
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
