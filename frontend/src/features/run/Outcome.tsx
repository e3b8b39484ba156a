import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { runUrl } from "@/api/client";
import type { ArtifactRef, RunError, RunResult } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { count, formatBytes, formatDuration } from "@/lib/format";
import type { Cancellation, RunView } from "@/stream/reduceRun";
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
  const pictures = new Set(result.screenshot_files);
  const files = result.artifacts.filter(({ name }) => !pictures.has(name));
  return (
    <section className={styles["card"]} aria-label="Result">
      <p className={styles["line"]}>
        <strong>{count(result.screenshot_count, "slide")}</strong> in {formatDuration(result.duration_s)}
        {result.truncated && " · cut off at the limit of slides"}
      </p>
      <ul className={styles["files"]}>
        {files.map((artifact) => (
          <Artifact key={artifact.name} artifact={artifact} />
        ))}
      </ul>
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

/** What a browser shows by itself; the server sends everything else as a download anyway. */
const opens = (mediaType: string): boolean => /^(text\/html|application\/pdf|image\/)/.test(mediaType);

function Artifact({ artifact }: { artifact: ArtifactRef }): ReactElement {
  const { name, url, media_type, size_bytes } = artifact;
  return (
    <li className={styles["file"]}>
      <Icon name="file" />
      <span className={styles["name"]}>{name}</span>
      <span className={styles["size"]}>{formatBytes(size_bytes)}</span>
      {opens(media_type) && (
        <a
          className={buttonClass()}
          href={`${url}?inline=1`}
          target="_blank"
          rel="noreferrer"
          aria-label={`Open ${name}`}
        >
          <Icon name="open" />
          Open
        </a>
      )}
      <a className={buttonClass()} href={url} download aria-label={`Download ${name}`}>
        <Icon name="download" />
        Download
      </a>
    </li>
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
  const what = error === null ? null : advice(error.code, error.retryable ?? false);
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
