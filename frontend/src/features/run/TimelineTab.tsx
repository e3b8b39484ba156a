import { t } from "@lingui/core/macro";
import { type ReactElement, useMemo, useState } from "react";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { SearchField } from "@/components/SearchField";
import { VirtualLines } from "@/components/VirtualLines";
import { eventCount, figure, formatDuration, number } from "@/lib/format";
import { save } from "@/lib/save";
import type { RunView } from "@/stream/reduceRun";
import styles from "./Lines.module.css";
import { filterRows, type Kind, KINDS, kindWords, rawLines, timelineOf, type TimelineRow } from "./timeline";
import { say, language } from "@/lib/language";

/** Every event of the run, with how long each was waited for. */
export function TimelineTab({ view }: { view: RunView }): ReactElement {
  const [kinds, setKinds] = useState<ReadonlySet<Kind>>(
    () => new Set(KINDS.filter((kind) => kind !== "progress")),
  );
  const [search, setSearch] = useState("");
  const [raw, setRaw] = useState(false);
  const spoken = language();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- each row is a sentence of that language
  const rows = useMemo(() => timelineOf(view.events), [view.events, spoken]);
  const shown = useMemo(() => filterRows(rows, kinds, search), [rows, kinds, search]);
  const amounts = useMemo(() => amountsOf(rows), [rows]);
  return (
    <section className={styles["section"]} aria-label={t`Timeline`}>
      <Unknown view={view} />
      <div className={styles["tools"]}>
        <SearchField label={t`Search events`} value={search} onChange={setSearch} />
        <fieldset className={styles["kinds"]}>
          <legend className="visually-hidden">{t`Which events`}</legend>
          {KINDS.filter((kind) => amounts[kind] > 0).map((kind) => (
            <label key={kind}>
              <input
                type="checkbox"
                checked={kinds.has(kind)}
                onChange={() => {
                  setKinds((before) => toggled(before, kind));
                }}
              />
              {say(kindWords[kind])} <small>{figure(amounts[kind])}</small>
            </label>
          ))}
        </fieldset>
        <label className={styles["raw"]}>
          <input
            type="checkbox"
            checked={raw}
            onChange={() => {
              setRaw(!raw);
            }}
          />
          {t`Raw`}
        </label>
        <Button
          onClick={() => {
            save(rawLines(view.events), `${view.operationId}-events.jsonl`);
          }}
        >
          <Icon name="download" />
          {t`Download events`}
        </Button>
      </div>
      <p className={styles["amount"]} role="status">
        {shown.length === rows.length
          ? eventCount(rows.length)
          : t`${number(shown.length)} of ${eventCount(rows.length)}`}
        {view.eventsDropped > 0 && t`; the first ${number(view.eventsDropped)} are not shown`}
      </p>
      {shown.length > 0 && (
        <VirtualLines
          label={t`Events`}
          count={shown.length}
          keyOf={(at) => shown[at]?.seq ?? at}
          levelOf={(at) => levelOf(shown[at])}
          line={(at) => <Row row={shown[at]} raw={raw} />}
        />
      )}
    </section>
  );
}

function toggled(kinds: ReadonlySet<Kind>, kind: Kind): ReadonlySet<Kind> {
  const next = new Set(kinds);
  if (!next.delete(kind)) next.add(kind);
  return next;
}

function amountsOf(rows: readonly TimelineRow[]): Record<Kind, number> {
  const amounts = { turns: 0, progress: 0, slides: 0, exports: 0, messages: 0, warnings: 0 };
  for (const { kind } of rows) amounts[kind] += 1;
  return amounts;
}

function levelOf(row: TimelineRow | undefined): string | undefined {
  if (row === undefined) return undefined;
  if (row.event.type === "error") return "error";
  if (row.event.type === "log") return row.event.level;
  return row.kind === "warnings" ? "warning" : undefined;
}

const gap = (seconds: number): string => (seconds < 0.05 ? "" : `+${formatDuration(seconds)}`);

function Row({ row, raw }: { row: TimelineRow | undefined; raw: boolean }): ReactElement | null {
  if (row === undefined) return null;
  return (
    <div className={styles["event"]}>
      <time dateTime={row.at ?? undefined} title={row.at ?? undefined}>
        {row.sinceS === null ? "" : formatDuration(row.sinceS)}
      </time>
      <span className={styles["gap"]}>{row.gapS === null ? "" : gap(row.gapS)}</span>
      <code>{row.type}</code>
      <span>{raw ? <bdi dir="ltr">{JSON.stringify(row.event)}</bdi> : row.words}</span>
    </div>
  );
}

function Unknown({ view }: { view: RunView }): ReactElement {
  return (
    <>
      {Object.entries(view.unknown).map(([name, amount]) => (
        <p key={name}>
          {t`${eventCount(amount)} of the type “${name}”, which this page does not know. Reload it: the server may be newer.`}
        </p>
      ))}
    </>
  );
}
