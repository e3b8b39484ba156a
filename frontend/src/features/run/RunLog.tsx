import { t, plural } from "@lingui/core/macro";
import { type ReactElement, useMemo, useState } from "react";
import { explain } from "@/api/problems";
import { runUrl } from "@/api/runs";
import type { LogRecord } from "@/api/types";
import { CopyButton } from "@/components/CopyButton";
import { DownloadLink } from "@/components/DownloadLink";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { SearchField } from "@/components/SearchField";
import { VirtualLines } from "@/components/VirtualLines";
import { formatClock, number } from "@/lib/format";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import styles from "./Lines.module.css";
import { details, LEVELS, lineText, search } from "./logLines";
import { useRunLog } from "./useRunLog";

/** What the server wrote down while it made this run: asked for when it is shown, and followed while the run goes on. */
export function RunLog({ view }: { view: RunView }): ReactElement {
  const { data, error } = useRunLog(view.operationId, !hasEnded(view.status), view.attempt);
  if (data === undefined) {
    return error === null ? <p role="status">{t`Loading …`}</p> : <RefusalText text={explain(error)} />;
  }
  if (data.length === 0) return <p>{t`Nothing was written down.`}</p>;
  return (
    <>
      <RefusalText text={error === null ? null : explain(error)} />
      <Lines operationId={view.operationId} data={data} />
    </>
  );
}

function Lines({ operationId, data }: { operationId: string; data: readonly LogRecord[] }): ReactElement {
  const [words, setWords] = useState("");
  const [level, setLevel] = useState<(typeof LEVELS)[number]>("all");
  const shown = useMemo(() => search(data, words, level), [data, words, level]);
  const seen = number(shown.length);
  return (
    <section className={styles["section"]} aria-label={t`Log`}>
      <div className={styles["tools"]}>
        <SearchField label={t`Search the log`} value={words} onChange={setWords} />
        <select
          aria-label={t`Level`}
          value={level}
          onChange={({ target }) => {
            setLevel(LEVELS.find((each) => each === target.value) ?? "all");
          }}
        >
          <option value="all">{t`Every level`}</option>
          <option value="warning">{t`Warnings and errors`}</option>
          <option value="error">{t`Errors`}</option>
        </select>
        <CopyButton text={() => shown.map(lineText).join("\n")} label={t`Copy the lines that are shown`} />
        <DownloadLink
          url={`${runUrl(operationId)}/log?format=text`}
          filename={`${operationId}.log`}
          label={t`Download the log`}
        >
          <Icon name="download" />
          {t`Download`}
        </DownloadLink>
      </div>
      <p className={styles["amount"]} role="status">
        {shown.length === data.length
          ? plural(data.length, { one: "# line", other: "# lines" })
          : plural(data.length, { one: `${seen} of # line`, other: `${seen} of # lines` })}
      </p>
      {shown.length > 0 && (
        <VirtualLines
          label={t`Log lines`}
          follow
          count={shown.length}
          keyOf={(at) => at}
          levelOf={(at) => shown[at]?.level}
          line={(at) => <Line record={shown[at]} />}
        />
      )}
    </section>
  );
}

function Line({ record }: { record: LogRecord | undefined }): ReactElement | null {
  if (record === undefined) return null;
  const { at, level = "info", event } = record;
  const rest = details(record);
  return (
    <div className={styles["line"]} dir="ltr" lang="en">
      <time dateTime={at}>{at === undefined ? "" : formatClock(at)}</time>
      <span>{level}</span>
      <span>
        {event}
        {rest !== "" && <small> {rest}</small>}
      </span>
    </div>
  );
}
