import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { runUrl } from "@/api/runs";
import type { RunResult } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { DownloadLink } from "@/components/DownloadLink";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { count, formatDuration } from "@/lib/format";
import type { Cancellation, RunView } from "@/stream/reduceRun";
import { Files } from "./Files";
import styles from "./Outcome.module.css";
import { RetryButton } from "./RetryButton";
import { advice, retryWords, stageWords } from "./words";

/** How it ended, and what is there now. */
export function Outcome({ view }: { view: RunView }): ReactElement | null {
  if (view.status === "complete" && view.result !== null)
    return <Complete view={view} result={view.result} />;
  if (view.status === "error") return <Failed view={view} />;
  if (view.status === "cancelled") return <Cancelled view={view} />;
  return null;
}

function Complete({ view, result }: { view: RunView; result: RunResult }): ReactElement {
  return (
    <section className={styles["card"]} aria-label="Result">
      <p className={styles["line"]}>
        <strong>{count(result.screenshot_count, "slide")}</strong> in {formatDuration(result.duration_s)}
        {result.truncated && " · cut off at the limit of slides"}
      </p>
      {result.coverage?.summary && <p className={styles["line"]}>{result.coverage.summary}</p>}
      <Files view={view} />
      <div className={styles["foot"]}>
        <DownloadLink
          tone="primary"
          url={`${runUrl(view.operationId)}/archive.zip`}
          filename={`${result.folder}.zip`}
          label="Download all (ZIP)"
        >
          <Icon name="download" />
          Download all (ZIP)
        </DownloadLink>
        <p className={styles["folder"]}>
          <span>Folder</span> <code>{result.folder}</code>
        </p>
        <CopyButton text={result.folder} label="Copy the folder's name" />
      </div>
    </section>
  );
}

function Actions({ view, retryFirst }: { view: RunView; retryFirst: boolean }): ReactElement {
  return (
    <>
      {retryWords(view) !== null && (
        <RetryButton operationId={view.operationId} tone={retryFirst ? "primary" : "plain"} />
      )}
      <Link to="/" className={buttonClass(retryFirst ? "plain" : "primary")}>
        Back to the text
      </Link>
    </>
  );
}

function Failed({ view }: { view: RunView }): ReactElement {
  const { error } = view;
  const what = error === null ? null : advice(error.code, error.retryable);
  const where = error?.stage == null ? "" : ` while it was at “${stageWords[error.stage].name}”`;
  return (
    <Notice
      tone="bad"
      role="alert"
      title={`The run failed${where}`}
      actions={<Actions view={view} retryFirst={error?.retryable === true} />}
    >
      <p>{error?.message ?? "The server did not say why."}</p>
      {what !== null && <p>{what}</p>}
      {retryWords(view) !== null && <p>{retryWords(view)}</p>}
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

function Cancelled({ view }: { view: RunView }): ReactElement {
  const { cancellation } = view;
  return (
    <Notice
      tone="info"
      role="status"
      title="The run was cancelled"
      actions={<Actions view={view} retryFirst />}
    >
      <p>
        {cancellation === null ? "It ended before it was complete." : byWhom[cancellation.by]} There is no
        folder of it.
      </p>
      <p>{retryWords(view)}</p>
    </Notice>
  );
}
