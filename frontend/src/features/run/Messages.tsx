import type { ReactElement } from "react";
import { count } from "@/lib/format";
import type { RunView } from "@/stream/reduceRun";
import styles from "./Log.module.css";

/** What the run said beside its progress, for the curious: shut until opened. */
export function Messages({ view }: { view: RunView }): ReactElement | null {
  const unknown = Object.entries(view.unknown);
  if (view.logs.length === 0 && unknown.length === 0) return null;
  return (
    <details className={styles["log"]}>
      <summary>Messages ({count(view.logs.length + view.logsDropped, "line")})</summary>
      {view.logsDropped > 0 && <p>The first {count(view.logsDropped, "line")} are not shown.</p>}
      {unknown.map(([name, amount]) => (
        <p key={name}>
          {count(amount, "event")} of the type “{name}”, which this page does not know. Reload it: the server
          may be newer.
        </p>
      ))}
      <ol className={styles["lines"]} tabIndex={0} aria-label="Messages">
        {view.logs.map(({ seq, level, message, at }) => (
          <li key={seq} data-level={level}>
            <time dateTime={at}>{new Date(at).toLocaleTimeString("en", { hour12: false })}</time>
            <span>{level}</span>
            <span>{message}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
