import { type ReactElement, type ReactNode, Suspense, useState } from "react";
import styles from "./FoldedFields.module.css";

interface Props {
  summary: ReactNode;
  /** Something in it is to be seen: it unfolds by itself. */
  wrong?: boolean;
  children: ReactNode;
}

/** What is seldom wanted: drawn, and its code fetched, when somebody unfolds it. */
export function Folded({ summary, wrong = false, children }: Props): ReactElement {
  const [unfolded, setUnfolded] = useState(wrong);
  return (
    <details
      className={styles["folded"]}
      open={wrong || undefined}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open) setUnfolded(true);
      }}
    >
      <summary>{summary}</summary>
      {(unfolded || wrong) && <Suspense fallback={null}>{children}</Suspense>}
    </details>
  );
}
