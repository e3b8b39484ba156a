/** The draft, and what was written before a run's source took its place. Pure. */
import { type Draft, emptyDraft, readDraft } from "./draft";
import type { RunSource } from "./runSource";

/** A run whose source has become the draft. */
export interface Filled {
  operationId: string;
  title: string;
  /** What somebody was writing until then; null: nothing. */
  before: Draft | null;
}

export interface Drafts {
  draft: Draft;
  /** The newest last. */
  filled: readonly Filled[];
  /** Since it was filled in nothing has been changed. */
  untouched: boolean;
}

const MOST_KEPT = 5; // arbitrary (3..20): each may hold a whole book

export const changed = (drafts: Drafts, part: Partial<Draft>): Drafts => ({
  ...drafts,
  draft: { ...drafts.draft, ...part },
  untouched: false,
});

/** A run's source takes the draft's place; what somebody has written is kept, what came from a run unchanged is not. */
export function filledIn({ draft, filled, untouched }: Drafts, source: RunSource): Drafts {
  const written = draft.source.trim() === "" ? null : draft;
  const before = untouched ? (filled[filled.length - 1]?.before ?? null) : written;
  const earlier = (untouched ? filled.slice(0, -1) : filled).filter((other) => other.before !== null);
  const entry = { operationId: source.operationId, title: source.title, before };
  return { draft: source.draft, filled: [...earlier, entry].slice(-MOST_KEPT), untouched: true };
}

/** As before the newest was filled in; where nothing was there, the text stays. */
export function broughtBack({ draft, filled }: Drafts): Drafts {
  const before = filled[filled.length - 1]?.before ?? null;
  return { draft: before ?? draft, filled: filled.slice(0, -1), untouched: false };
}

/** From storage, as `readDraft`. */
export function readFilled(stored: string | null): Filled[] {
  try {
    const value: unknown = JSON.parse(stored ?? "null");
    return Array.isArray(value) ? value.flatMap(entryOf) : [];
  } catch {
    return [];
  }
}

function entryOf(value: unknown): Filled[] {
  if (typeof value !== "object" || value === null) return [];
  const { operationId, title, before } = value as Partial<Record<keyof Filled, unknown>>;
  if (typeof operationId !== "string" || typeof title !== "string") return [];
  const kept = readDraft(JSON.stringify(before ?? null));
  return [{ operationId, title, before: kept.source === emptyDraft.source ? null : kept }];
}
