import type { ReactElement } from "react";
import styles from "./Refusal.module.css";

/** Why a button did not do what it says, beside the button; said at once by a screen reader. */
export function RefusalText({ text }: { text: string | null }): ReactElement | null {
  if (text === null) return null;
  return (
    <p role="alert" dir="auto" className={styles["refusal"]}>
      {text}
    </p>
  );
}
