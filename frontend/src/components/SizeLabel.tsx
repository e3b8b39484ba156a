import type { ReactElement } from "react";
import styles from "./Field.module.css";
import { figure } from "@/lib/format";
import { say, type Words } from "@/lib/language";

/** "Landscape", with its pixels below. */
export function SizeLabel(props: { label: Words; width: number; height: number }): ReactElement {
  return (
    <span className={styles["size"]}>
      {say(props.label)}
      <small dir="ltr">
        {figure(props.width)} × {figure(props.height)}
      </small>
    </span>
  );
}
