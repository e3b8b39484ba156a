import { type ReactElement, useEffect, useRef, useState } from "react";
import { explain } from "@/api/problems";
import type { LogRecord } from "@/api/types";
import { CopyButton } from "@/components/CopyButton";
import { RefusalText } from "@/components/Refusal";
import { count } from "@/lib/format";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import styles from "./Log.module.css";
import { details, lineText } from "./logLines";
import { useRunLog } from "./useRunLog";

const SHOWN = 1000; // arbitrary: what a person might scroll through

/** What the server wrote down while it made this run: asked for when opened, and followed while the run goes on. */
export function RunLog({ view }: { view: RunView }): ReactElement {
  const [open, setOpen] = useState(false);
  return (
    <details
      className={styles["log"]}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>Log</summary>
      {open && <Lines view={view} />}
    </details>
  );
}

function Lines({ view }: { view: RunView }): ReactElement {
  const { data, error } = useRunLog(view.operationId, !hasEnded(view.status), view.attempt);
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    // New lines are followed by whoever is at the end; whoever has scrolled up is left to read.
    if (atEnd.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [data]);
  if (data === undefined) {
    return error === null ? <p role="status">Loading …</p> : <RefusalText text={explain(error)} />;
  }
  const shown = data.slice(-SHOWN);
  if (shown.length === 0) return <p>Nothing was written down.</p>;
  return (
    <>
      <RefusalText text={error === null ? null : explain(error)} />
      <div className={styles["head"]}>
        <span>
          {shown.length < data.length ? `The last ${SHOWN} of ` : ""}
          {count(data.length, "line")}
        </span>
        <CopyButton text={shown.map(lineText).join("\n")} label="Copy the log" />
      </div>
      <ol
        ref={list}
        className={styles["lines"]}
        tabIndex={0}
        aria-label="Log lines"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
      >
        {shown.map((record, index) => (
          <Line key={data.length - shown.length + index} record={record} />
        ))}
      </ol>
    </>
  );
}

function Line({ record }: { record: LogRecord }): ReactElement {
  const { at, level = "info", event } = record;
  const rest = details(record);
  return (
    <li data-level={level}>
      <time dateTime={at}>
        {at === undefined ? "" : new Date(at).toLocaleTimeString("en", { hour12: false })}
      </time>
      <span>{level}</span>
      <span>
        {event}
        {rest !== "" && <small> {rest}</small>}
      </span>
    </li>
  );
}
