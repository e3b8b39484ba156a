import { msg, t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { MOST_SLIDES, stageWords } from "@/api/choices";
import { runUrl } from "@/api/runs";
import type { RunResult } from "@/api/types";
import { DownloadLink } from "@/components/DownloadLink";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { formatDuration, slideCount } from "@/lib/format";
import type { Cancellation, RunView } from "@/stream/reduceRun";
import { EditLink } from "./EditLink";
import styles from "./Outcome.module.css";
import { RaiseButton } from "./RaiseButton";
import { RetryButton } from "./RetryButton";
import { advice, retryWords } from "./words";
import { Trans } from "@lingui/react/macro";
import { say, type Words } from "@/lib/language";
import { ServerWords } from "@/components/ServerWords";
import { coverageWords } from "@/components/coverageWords";

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
    <section className={styles["card"]} aria-label={t`Result`}>
      <p className={styles["line"]}>
        <Trans>
          <strong>{slideCount(result.screenshot_count)}</strong> in {formatDuration(result.duration_s)}
        </Trans>
        {result.truncated && ` · ${t`cut off at the limit of slides`}`}
      </p>
      {result.truncated && result.screenshot_count < MOST_SLIDES && (
        <div className={styles["raise"]}>
          <RaiseButton operationId={view.operationId} />
        </div>
      )}
      {result.coverage?.summary && <p className={styles["line"]}>{coverageWords(result.coverage)}</p>}
      <div className={styles["foot"]}>
        <DownloadLink
          tone="primary"
          url={`${runUrl(view.operationId)}/archive.zip`}
          filename={`${result.folder.replace(/^.*[\\/]/, "")}.zip`}
          label={t`Download all (ZIP)`}
        >
          <Icon name="download" />
          {t`Download all (ZIP)`}
        </DownloadLink>
        {exportsOf(result).map(({ name, url, label }) => (
          <DownloadLink key={name} url={`${url}?inline=0`} filename={name} label={t`Download ${name}`}>
            <Icon name="download" />
            {label}
          </DownloadLink>
        ))}
      </div>
    </section>
  );
}

/** What people come for, by its ending: one click away. The rest is under Files. */
function exportsOf({
  artifacts,
  screenshot_files,
}: RunResult): { name: string; url: string; label: string }[] {
  const pictures = new Set(screenshot_files);
  return artifacts
    .filter(({ name }) => /\.(pdf|pptx|mp4)$/.test(name) && !pictures.has(name))
    .map(({ name, url }) => ({ name, url, label: name.replace(/^.*\./, "").toUpperCase() }));
}

function Actions({ view, retryFirst }: { view: RunView; retryFirst: boolean }): ReactElement {
  return (
    <>
      {retryWords(view) !== null && (
        <RetryButton operationId={view.operationId} tone={retryFirst ? "primary" : "plain"} />
      )}
      <EditLink operationId={view.operationId} tone={retryFirst ? "plain" : "primary"} />
    </>
  );
}

function Failed({ view }: { view: RunView }): ReactElement {
  const { error } = view;
  const what = error === null ? null : advice(error.code, error.retryable);
  const stage = error?.stage ?? null;
  return (
    <Notice
      tone="bad"
      role="alert"
      title={
        stage === null
          ? t`The run failed`
          : t`The run failed while it was at “${say(stageWords[stage].name)}”`
      }
      actions={<Actions view={view} retryFirst={error?.retryable === true} />}
    >
      {error === null ? <p>{t`The server did not say why.`}</p> : <ServerWords text={error.message} />}
      {what !== null && <p>{what}</p>}
      {retryWords(view) !== null && <p>{retryWords(view)}</p>}
      {error !== null && (
        <p>
          <small>
            {t`Code:`} <code>{error.code}</code>
          </small>
        </p>
      )}
    </Notice>
  );
}

const byWhom: Readonly<Record<Cancellation["by"], Words>> = {
  user: msg`It was cancelled on request.`,
  replaced: msg`Another run took its place.`,
  disconnect: msg`The client that had started it went away, and it had asked for that to end the run.`,
  shutdown: msg`The server was shut down.`,
};

function Cancelled({ view }: { view: RunView }): ReactElement {
  const { cancellation } = view;
  return (
    <Notice
      tone="info"
      role="status"
      title={t`The run was cancelled`}
      actions={<Actions view={view} retryFirst />}
    >
      <p>
        {cancellation === null ? t`It ended before it was complete.` : say(byWhom[cancellation.by])}{" "}
        {t`There is no folder of it.`}
      </p>
      <p>{retryWords(view)}</p>
    </Notice>
  );
}
