import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { buttonClass } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { DownloadLink } from "@/components/DownloadLink";
import { Icon } from "@/components/Icon";
import { useAccess } from "@/components/useAccess";
import { formatBytes } from "@/lib/format";
import type { RunView } from "@/stream/reduceRun";
import { AddExport } from "./AddExport";
import styles from "./Files.module.css";

interface ShownFile {
  name: string;
  url: string;
  size_bytes: number;
  /** What a browser shows by itself; the server sends everything else as a download anyway. */
  opens: boolean;
}

/** The document, which every run has, and the exports as they get ready. Pictures have a place of their own. */
export function filesOf({ document, artifacts, result }: RunView): ShownFile[] {
  const files = new Map<string, ShownFile>();
  if (document !== null) {
    const { html_filename: name, url, size_bytes } = document;
    files.set(name, { name, url, size_bytes, opens: true });
  }
  for (const { name, url, size_bytes, media_type } of result?.artifacts ?? artifacts) {
    files.set(name, { name, url, size_bytes, opens: /^(text\/html|application\/pdf)/.test(media_type) });
  }
  for (const picture of result?.screenshot_files ?? []) files.delete(picture);
  return [...files.values()];
}

/**
 * A run's document is never shown in this page: it opens in a tab of its own, where the server keeps it in a sandbox. A tab
 * cannot be sent a token, and bytes that this page fetched would open without the sandbox: there it is only a download.
 */
function File({ file: { name, url, size_bytes, opens } }: { file: ShownFile }): ReactElement {
  const { token } = useAccess();
  return (
    <li className={styles["file"]}>
      <Icon name="file" />
      <span className={styles["name"]}>
        <bdi dir="ltr">{name}</bdi>
      </span>
      <span className={styles["size"]}>{formatBytes(size_bytes)}</span>
      {opens && token === null && (
        <a
          className={buttonClass()}
          href={`${url}?inline=1`}
          target="_blank"
          rel="noreferrer"
          aria-label={t`Open ${name} in a new tab`}
        >
          <Icon name="open" />
          {t`Open`}
        </a>
      )}
      <DownloadLink url={`${url}?inline=0`} filename={name.replace(/^.*\//, "")} label={t`Download ${name}`}>
        <Icon name="download" />
        {t`Download`}
      </DownloadLink>
    </li>
  );
}

/** All that was made, to be opened and downloaded, and what could be made of it besides. */
export function Files({ view }: { view: RunView }): ReactElement {
  const files = filesOf(view);
  const { result } = view;
  return (
    <section className={styles["tab"]} aria-label={t`Files of the run`}>
      {files.length === 0 ? (
        <p>{t`Nothing yet: the document and each export appear here as soon as they are made.`}</p>
      ) : (
        <ul className={styles["files"]} aria-label={t`Files`}>
          {files.map((file) => (
            <File key={file.name} file={file} />
          ))}
        </ul>
      )}
      {result !== null && (
        <>
          <div className={styles["foot"]}>
            <p className={styles["folder"]}>
              <span>{t`Folder on the server`}</span> <code dir="ltr">{result.folder}</code>
            </p>
            <CopyButton text={result.folder} label={t`Copy the folder's name`} />
          </div>
          <AddExport operationId={view.operationId} />
        </>
      )}
    </section>
  );
}
