import type { ReactElement, ReactNode } from "react";
import styles from "./Field.module.css";

/** What is wrong with a field, right at the field; `id` is what the field's `aria-describedby` names. */
export function FieldError({
  id,
  message,
}: {
  id: string;
  message: string | undefined;
}): ReactElement | null {
  if (message === undefined) return null;
  return (
    <p id={id} className={styles["error"]} dir="auto">
      {message}
    </p>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  name: string;
  type: "radio" | "checkbox";
  options: readonly { value: T; label: ReactNode; hint?: string }[];
  chosen: readonly T[];
  error?: string | undefined;
  onChange: (value: T, checked: boolean) => void;
}

/** A row of choices with the keyboard behaviour of real radio buttons and check boxes. */
export function Choice<T extends string>(props: ChoiceProps<T>): ReactElement {
  const { legend, name, type, options, chosen, error, onChange } = props;
  const errorId = `${name}-error`;
  return (
    <fieldset className={styles["group"]} aria-describedby={error === undefined ? undefined : errorId}>
      <legend className={styles["label"]}>{legend}</legend>
      <div className={styles["choices"]}>
        {options.map(({ value, label, hint }) => (
          <label key={value} className={styles["choice"]} title={hint}>
            <input
              type={type}
              name={name}
              value={value}
              checked={chosen.includes(value)}
              aria-invalid={error !== undefined}
              onChange={(event) => {
                onChange(value, event.target.checked);
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <FieldError id={errorId} message={error} />
    </fieldset>
  );
}
