/** What of the library is wanted, as its address says it. Pure. */
import { msg, t } from "@lingui/core/macro";
import { statusNames } from "@/api/choices";
import type { RunFilter, RunPage, RunStatus } from "@/api/types";
import { locale, say, type Words } from "@/lib/language";

export const STATUSES = [
  "queued",
  "running",
  "complete",
  "error",
  "cancelled",
] as const satisfies readonly RunStatus[];
export const SPANS = ["day", "week", "month"] as const;
export type Span = (typeof SPANS)[number];

/** `/runs?q=…&status=…`; what is not there is not filtered by. */
export interface LibrarySearch {
  q?: string;
  status?: RunStatus;
  lane?: string;
  since?: Span;
  pinned?: "1";
  /** The newest first where it is not said. */
  sort?: "oldest";
}

const oneOf = <T extends string>(values: readonly T[], value: unknown): T | undefined =>
  values.find((candidate) => candidate === value);

const words = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value : undefined;

/** From an address that anybody may have typed: what is unknown is left out. */
export function readSearch(search: Record<string, unknown>): LibrarySearch {
  return clean({
    q: words(search["q"]),
    status: oneOf(STATUSES, search["status"]),
    lane: words(search["lane"]),
    since: oneOf(SPANS, search["since"]),
    pinned: search["pinned"] === "1" ? "1" : undefined,
    sort: search["sort"] === "oldest" ? "oldest" : undefined,
  });
}

type Loose = { [K in keyof LibrarySearch]: LibrarySearch[K] | undefined };

/** Without what is undefined or empty, so that equal searches have equal addresses. */
export const clean = (search: Loose): LibrarySearch =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ""));

const DAYS: Readonly<Record<Span, number>> = { day: 1, week: 7, month: 30 };

/** `now` in ms; the instant is cut to the minute, so that a list that is asked for again is the same list. */
export function toFilter({ q, status, lane, since, pinned, sort }: LibrarySearch, now: number): RunFilter {
  const start = since === undefined ? undefined : now - DAYS[since] * 86_400_000;
  return {
    ...(q !== undefined && { q: q.trim() }),
    ...(status !== undefined && { status }),
    ...(lane !== undefined && { lane }),
    ...(start !== undefined && { since: new Date(Math.floor(start / 60_000) * 60_000).toISOString() }),
    ...(pinned !== undefined && { pinned: true }),
    ...(sort !== undefined && { sort }),
  };
}

export const spanWords: Readonly<Record<Span, Words>> = {
  day: msg`Last 24 hours`,
  week: msg`Last 7 days`,
  month: msg`Last 30 days`,
};

/** How many runs the filters but that of the status find, by status; null: the server was not asked. */
export type Counts = RunPage["counts"];

export const inAll = (counts: NonNullable<Counts>): number =>
  Object.values(counts).reduce((sum, each) => sum + each, 0);

/** How many runs there are of what is wanted; null: not known. */
export function amountOf({ status }: LibrarySearch, counts: Counts | undefined): number | null {
  if (counts == null) return null;
  return status === undefined ? inAll(counts) : (counts[status] ?? 0);
}

/** Whether anything is left out; the order leaves out nothing. */
export const isNarrowed = (search: LibrarySearch): boolean => describe(search) !== "";

/** "“lesson”, Failed, pinned"; empty when everything is wanted. */
export function describe({ q, status, lane, since, pinned }: LibrarySearch): string {
  const parts = [
    q === undefined ? null : `“${q.trim()}”`,
    status === undefined ? null : say(statusNames[status]),
    lane === undefined ? null : t`lane “${lane}”`,
    since === undefined ? null : say(spanWords[since]).toLocaleLowerCase(locale()),
    pinned === undefined ? null : t`pinned`,
  ];
  return parts
    .filter((part) => part !== null)
    .join(t({ message: ", ", comment: "between the parts of a list" }));
}
