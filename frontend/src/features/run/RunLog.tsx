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
import { count } from "@/lib/format";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import styles from "./Lines.module.css";
import { details, LEVELS, lineText, search } from "./logLines";
import { useRunLog } from "./useRunLog";

/** What the server wrote down while it made this run: asked for when it is shown, and followed while the run goes on. */
export function RunLog({ view }: { view: RunView }): ReactElement {
  const { data, error } = useRunLog(view.operationId, !hasEnded(view.status), view.attempt);
  if (data === undefined) {
    return error === null ? <p role="status">Loading …</p> : <RefusalText text={explain(error)} />;
  }
  if (data.length === 0) return <p>Nothing was written down.</p>;
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
  return (
    <section className={styles["section"]} aria-label="Log">
      <div className={styles["tools"]}>
        <SearchField label="Search the log" value={words} onChange={setWords} />
        <select
          aria-label="Level"
          value={level}
          onChange={({ target }) => {
            setLevel(LEVELS.find((each) => each === target.value) ?? "all");
          }}
        >
          <option value="all">Every level</option>
          <option value="warning">Warnings and errors</option>
          <option value="error">Errors</option>
        </select>
        <CopyButton text={() => shown.map(lineText).join("\n")} label="Copy the lines that are shown" />
        <DownloadLink
          url={`${runUrl(operationId)}/log?format=text`}
          filename={`${operationId}.log`}
          label="Download the log"
        >
          <Icon name="download" />
          Download
        </DownloadLink>
      </div>
      <p className={styles["amount"]} role="status">
        {shown.length === data.length
          ? count(data.length, "line")
          : `${shown.length} of ${count(data.length, "line")}`}
      </p>
      {shown.length > 0 && (
        <VirtualLines
          label="Log lines"
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
    <div className={styles["line"]}>
      <time dateTime={at}>{at === undefined ? "" : clock.format(new Date(at))}</time>
      <span>{level}</span>
      <span>
        {event}
        {rest !== "" && <small> {rest}</small>}
      </span>
    </div>
  );
}

// one for all lines: making it takes longer than a line
const clock = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
