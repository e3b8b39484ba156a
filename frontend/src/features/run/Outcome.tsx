import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { runUrl } from "@/api/client";
import type { RunError, RunResult } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { count, formatDuration } from "@/lib/format";
import type { Cancellation, RunView } from "@/stream/reduceRun";
import { Files } from "./Files";
import styles from "./Outcome.module.css";
import { advice, stageNames } from "./words";

/** How it ended, and what is there now. */
export function Outcome({ view }: { view: RunView }): ReactElement | null {
  if (view.status === "complete" && view.result !== null)
    return <Complete view={view} result={view.result} />;
  if (view.status === "error") return <Failed error={view.error} />;
  if (view.status === "cancelled") return <Cancelled cancellation={view.cancellation} />;
  return null;
}

function Complete({ view, result }: { view: RunView; result: RunResult }): ReactElement {
  return (
    <section className={styles["card"]} aria-label="Result">
      <p className={styles["line"]}>
        <strong>{count(result.screenshot_count, "slide")}</strong> in {formatDuration(result.duration_s)}
        {result.truncated && " · cut off at the limit of slides"}
      </p>
      <Files view={view} />
      <div className={styles["foot"]}>
        <a className={buttonClass("primary")} href={`${runUrl(view.operationId)}/archive.zip`} download>
          <Icon name="download" />
          Download all (ZIP)
        </a>
        <p className={styles["folder"]}>
          <span>Folder</span> <code>{result.folder}</code>
        </p>
        <CopyButton text={result.folder} label="Copy the folder's name" />
      </div>
    </section>
  );
}

function StartAnew({ children }: { children: string }): ReactElement {
  return (
    <Link to="/" className={buttonClass("primary")}>
      {children}
    </Link>
  );
}

function Failed({ error }: { error: RunError | null }): ReactElement {
  const what = error === null ? null : advice(error.code, error.retryable);
  const where = error?.stage == null ? "" : ` while it was at “${stageNames[error.stage]}”`;
  return (
    <Notice
      tone="bad"
      role="alert"
      title={`The run failed${where}`}
      actions={<StartAnew>Back to the text</StartAnew>}
    >
      <p>{error?.message ?? "The server did not say why."}</p>
      {what !== null && <p>{what}</p>}
      {error !== null && (
        <p>
          <small>
            Code: <code>{error.code}</code>
          </small>
        </p>
      )}
    </Notice>
  );
}

const byWhom: Readonly<Record<Cancellation["by"], string>> = {
  user: "It was cancelled on request.",
  replaced: "Another run took its place.",
  disconnect: "The client that had started it went away, and it had asked for that to end the run.",
  shutdown: "The server was shut down.",
};

function Cancelled({ cancellation }: { cancellation: Cancellation | null }): ReactElement {
  const kept = cancellation?.kept ?? [];
  return (
    <Notice
      tone="info"
      role="status"
      title="The run was cancelled"
      actions={<StartAnew>Back to the text</StartAnew>}
    >
      <p>
        {cancellation === null ? "It ended before it was complete." : byWhom[cancellation.by]} There is no
        folder of it.
      </p>
      {kept.length > 0 && <p>Kept for a retry: {kept.join(", ")}</p>}
    </Notice>
  );
}
