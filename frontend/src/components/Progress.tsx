import type { ReactElement } from "react";
import styles from "./Progress.module.css";
import { percent } from "@/lib/format";

interface Props {
  /** 0..100 */
  value: number;
  label: string;
}

export function Progress({ value, label }: Props): ReactElement {
  return (
    <progress className={styles["progress"]} max={100} value={value} aria-label={label}>
      {percent(value)}
    </progress>
  );
}
