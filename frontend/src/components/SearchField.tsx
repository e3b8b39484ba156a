import type { ReactElement } from "react";
import styles from "./SearchField.module.css";

/** Searches what is on the page already: at every letter. */
export function SearchField(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}): ReactElement {
  return (
    <input
      type="search"
      className={styles["field"]}
      aria-label={props.label}
      placeholder={props.label}
      value={props.value}
      onChange={({ target }) => {
        props.onChange(target.value);
      }}
    />
  );
}
