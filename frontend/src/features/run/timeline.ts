/** The events of a run as rows for people: when, after how long, what. Pure. */
import { msg, t } from "@lingui/core/macro";
import { dotted, figure, formatBytes, formatDuration, percent, slideCount } from "@/lib/format";
import type { ToldEvent } from "@/stream/reduceRun";
import { warningWords } from "./words";
import { language, say, type Words } from "@/lib/language";
import { stageWords } from "@/api/choices";

export const KINDS = ["turns", "progress", "slides", "exports", "messages", "warnings"] as const;
/** `turns`: where the run began, waited, went on and ended, and whatever this page does not know. */
export type Kind = (typeof KINDS)[number];

/** Any other is of `turns`: an event that is new has a row without a word here. */
const kindOf: Readonly<Partial<Record<ToldEvent["type"], Kind>>> = {
  progress: "progress",
  screenshot: "slides",
  artifact: "exports",
  log: "messages",
  warning: "warnings",
};

export interface TimelineRow {
  seq: number;
  kind: Kind;
  type: string;
  /** Null of what this page does not know. */
  at: string | null;
  /** Seconds since the first event of the run; null where its instant is not known. */
  sinceS: number | null;
  /** Seconds since the row before. */
  gapS: number | null;
  attempt: number;
  words: string;
  event: ToldEvent;
}

const ms = (event: ToldEvent | undefined): number | null =>
  event === undefined || event.type === "unknown" ? null : new Date(event.at).getTime();

/** By the clock of the server, which may have been set back meanwhile: nothing takes less than no time. */
const between = (from: number | null, to: number | null): number | null =>
  from === null || to === null ? null : Math.max(0, (to - from) / 1000);

export function timelineOf(events: readonly ToldEvent[]): TimelineRow[] {
  const first = ms(events[0]);
  let attempt = 0;
  let waitingSince: number | null = null;
  return events.map((event, place) => {
    const now = ms(event);
    if (event.type === "started") attempt = event.attempt;
    const waitedS = event.type === "started" ? between(waitingSince, now) : null;
    if (event.type === "queued") waitingSince ??= now;
    else if (event.type === "started") waitingSince = null;
    return {
      seq: event.seq,
      kind: kindOf[event.type] ?? "turns",
      type: event.type === "unknown" ? event.name : event.type,
      at: event.type === "unknown" ? null : event.at,
      sinceS: between(first, now),
      gapS: between(ms(events[place - 1]), now),
      attempt: Math.max(1, attempt),
      words: wordsOf(event, waitedS),
      event,
    };
  });
}

/** One event in a sentence. `waitedS`: how long it had waited for its turn. */
function wordsOf(event: ToldEvent, waitedS: number | null): string {
  switch (event.type) {
    case "queued":
      return language() === "en"
        ? `${event.message} (place ${event.position})`
        : t`Waiting for its turn (place ${figure(event.position)} in the queue)`;
    case "started": {
      const parts = [
        t`Attempt ${figure(event.attempt)} begins`,
        event.resumed_from == null ? null : t`resumed from “${say(stageWords[event.resumed_from].name)}”`,
        waitedS === null ? null : t`after waiting ${formatDuration(waitedS)}`,
      ];
      return parts.filter((part) => part !== null).join(t`, `);
    }
    case "progress": {
      const figures =
        event.current == null || event.total == null
          ? null
          : t`${figure(event.current)} of ${figure(event.total)}`;
      const message = language() === "en" ? event.message : say(stageWords[event.stage].doing);
      return dotted(percent(event.progress), say(stageWords[event.stage].name), message, figures);
    }
    case "html_generated":
      return t`The document is ready: ${event.html_filename}, ${formatBytes(event.size_bytes)}`;
    case "screenshot":
      return t`Slide ${figure(event.index)} of ${figure(event.total)}, ${formatBytes(event.size_bytes)}`;
    case "artifact":
      return t`${event.name} is ready, ${formatBytes(event.size_bytes)}`;
    case "warning":
      return warningWords(event.code, event.message);
    case "log":
      return event.message;
    case "complete":
      return t`Complete: ${slideCount(event.screenshot_count)} in ${formatDuration(event.duration_s)}`;
    case "error":
      return t`Failed: ${event.message}`;
    case "cancelled":
      return t`Cancelled (${event.by})`;
    case "unknown":
      return t`This page does not know this event: the server may be newer.`;
    default:
      return (event as { type: string }).type.replaceAll("_", " ");
  }
}

export const kindWords: Readonly<Record<Kind, Words>> = {
  turns: msg`Turns`,
  progress: msg`Progress`,
  slides: msg`Slides`,
  exports: msg`Exports`,
  messages: msg`Messages`,
  warnings: msg`Warnings`,
};

/** Rows of these kinds in which each of the words stands, whatever the case. */
export function filterRows(
  rows: readonly TimelineRow[],
  kinds: ReadonlySet<Kind>,
  search: string,
): TimelineRow[] {
  const wanted = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const found = rows.filter(({ kind, type, words }) => {
    if (!kinds.has(kind)) return false;
    const text = `${type} ${words}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  if (found.length === rows.length) return found;
  return found.map((row, place) => ({ ...row, gapS: between(ms(found[place - 1]?.event), ms(row.event)) }));
}

/** As the server told them, a line each; what this page does not know is only named. */
export const rawLines = (events: readonly ToldEvent[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");
