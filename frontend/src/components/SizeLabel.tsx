import type { ReactElement } from "react";
import styles from "./Field.module.css";

/** "Landscape", with its pixels below. */
export function SizeLabel(props: { label: string; width: number; height: number }): ReactElement {
  return (
    <span className={styles["size"]}>
      {props.label}
      <small>
        {props.width} × {props.height}
      </small>
    </span>
  );
}
