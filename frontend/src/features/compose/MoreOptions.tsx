import { lazy, type ReactElement, Suspense, useState } from "react";
import styles from "@/components/FoldedFields.module.css";
import { countMore, type More } from "./draft";
import { t } from "@lingui/core/macro";
import { dotted, figure } from "@/lib/format";

// Their code comes with the first time that somebody unfolds them.
const MoreFields = lazy(async () => ({ default: (await import("./MoreFields")).MoreFields }));

export interface MoreProps {
  value: More;
  /** What the server found wrong, by the wire's names. */
  problems: Readonly<Record<string, string>>;
  onChange: (value: More) => void;
}

/** Every field of a request that has no place of its own, folded away. */
export function MoreOptions(props: MoreProps): ReactElement {
  const { value, problems } = props;
  const wrong = Object.keys(problems).length > 0;
  const [unfolded, setUnfolded] = useState(false);
  const set = countMore(value);
  return (
    <details
      className={styles["folded"]}
      open={wrong || undefined}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open) setUnfolded(true);
      }}
    >
      <summary>{dotted(t`Everything else`, set === 0 ? null : t`${figure(set)} set`)}</summary>
      {unfolded && (
        <Suspense fallback={null}>
          <MoreFields {...props} />
        </Suspense>
      )}
    </details>
  );
}
