import type { ReactElement } from "react";
import { FieldError } from "./Field";
import styles from "./Field.module.css";

/** A line of text with its name above and what is wrong with it below; `name` is its id, too. */
export function TextField(props: {
  name: string;
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
      <label className={styles["label"]} htmlFor={name}>
        {label}
      </label>
      <input
        {...rest}
        id={name}
        name={name}
        className={styles["input"]}
        dir="auto"
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
