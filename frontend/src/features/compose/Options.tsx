import type { ReactElement, ReactNode } from "react";
import type { Output, Theme } from "@/api/types";
import { type Draft, FORMATS, OUTPUTS, type Size, SIZES, THEMES } from "./draft";
import { Choice, FieldError } from "./Field";
import fieldStyles from "./Field.module.css";
import styles from "./Options.module.css";

export type FieldMessages = Partial<Record<keyof Draft, string>>;

interface Props {
  draft: Draft;
  problems: FieldMessages;
  onChange: (change: Partial<Draft>) => void;
}

const themeNames: Record<Theme, string> = { paper: "Paper", ink: "Ink", chalk: "Chalk" };
const outputNames: Record<Output, string> = { images: "Images", html: "HTML", pdf: "PDF", zip: "ZIP" };

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

function SizeLabel({ size }: { size: Size }): ReactNode {
  const { width, height, label } = SIZES[size];
  return (
    <span className={styles["size"]}>
      {label}
      <small>
        {width} × {height}
      </small>
    </span>
  );
}

function TextField(props: {
  name: "title" | "zoom" | "maxSlides";
  label: string;
  value: string;
  error: string | undefined;
  placeholder?: string;
  inputMode?: "decimal" | "numeric";
  onChange: (value: string) => void;
}): ReactElement {
  const { name, label, error, onChange, ...rest } = props;
  return (
    <div>
      <label className={fieldStyles["label"]} htmlFor={name}>
        {label}
      </label>
      <input
        {...rest}
        id={name}
        name={name}
        className={styles["input"]}
        autoComplete="off"
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : `${name}-error`}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
      <FieldError id={`${name}-error`} message={error} />
    </div>
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
          label: <SizeLabel size={value} />,
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
        options={OUTPUTS.map((value) => ({ value, label: outputNames[value] }))}
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
        options={FORMATS.map((value) => ({ value, label: value === "webp" ? "WebP" : value.toUpperCase() }))}
        chosen={[draft.imageFormat]}
        error={problems.imageFormat}
        onChange={(imageFormat) => {
          onChange({ imageFormat });
        }}
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
