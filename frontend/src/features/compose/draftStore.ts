/**
 * The drafts that this browser keeps. Each tab writes one of its own, which nobody else writes while the tab is there: its
 * lock says so to the others. What no tab has open is there to be taken up again.
 */
import { newKey } from "@/lib/newKey";
import { type Draft, emptyDraft, readDraft } from "./draft";
import { type Drafts, readFilled } from "./drafts";
import { optionsOf } from "./presets";

const PREFIX = "pressrun.drafts.";
const TAB_KEY = "pressrun.draft.of-this-tab";
const MOST_KEPT = 30; // arbitrary (10..100): those that no tab has open and nobody took up again; the oldest go

/** A draft as the list shows it. */
export interface KeptDraft {
  id: string;
  draft: Draft;
  /** When it was open last, as `Date.now()` has it. */
  at: number;
  /** Another tab has it open. */
  elsewhere: boolean;
}

const keyOf = (id: string): string => PREFIX + id;

function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null; // storage is off
  }
}

function write(storage: () => Storage, key: string, value: string | null): boolean {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

const local = (): Storage => localStorage;
const session = (): Storage => sessionStorage;

interface Stored {
  draft: unknown;
  filled?: unknown;
  untouched?: unknown;
  at?: unknown;
}

function stored(id: string): Stored | null {
  try {
    const value: unknown = JSON.parse(read(local, keyOf(id)) ?? "null");
    return typeof value === "object" && value !== null && "draft" in value ? value : null;
  } catch {
    return null;
  }
}

/** Undefined: there is none of that name. */
export function readKept(id: string): Drafts | undefined {
  const value = stored(id);
  if (value === null) return undefined;
  const filled = readFilled(JSON.stringify(value.filled ?? null));
  return {
    draft: readDraft(JSON.stringify(value.draft ?? null)),
    filled,
    untouched: filled.length > 0 && value.untouched === true,
  };
}

/**
 * Draft and what was before it, or neither. Where both have no room the draft alone is kept: it is what is being written.
 * False: not kept.
 */
export function keepDraft(id: string, { draft, filled, untouched }: Drafts, at = Date.now()): boolean {
  const put = (value: Stored): boolean => write(local, keyOf(id), JSON.stringify(value));
  return put({ draft, filled, untouched, at }) || put({ draft, at });
}

export function removeKept(id: string): void {
  write(local, keyOf(id), null);
}

function ids(): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
}

const openedAt = ({ at }: Stored): number => (typeof at === "number" ? at : 0);

/** The newest first. */
function allKept(): Omit<KeptDraft, "elsewhere">[] {
  return ids()
    .flatMap((id) => {
      const value = stored(id);
      return value === null
        ? []
        : [{ id, draft: readDraft(JSON.stringify(value.draft)), at: openedAt(value) }];
    })
    .sort((a, b) => b.at - a.at);
}

/** A text of before, when all tabs wrote one. */
function takeOldOne(): void {
  const old = read(local, "pressrun.draft");
  if (old === null) return;
  if (keepDraft(newKey(), { draft: readDraft(old), filled: [], untouched: false })) {
    for (const name of ["", ".before", ".untouched"]) write(local, `pressrun.draft${name}`, null);
  }
}

/** An empty text, with the options that were chosen last. */
export function freshDraft(like: Draft = allKept()[0]?.draft ?? emptyDraft): Drafts {
  return { draft: { ...emptyDraft, ...optionsOf(like) }, filled: [], untouched: false };
}

export const newDraftId = (): string => newKey();

/** From now on this tab is at that one, over reloads, too. */
export function rememberOfTab(id: string): void {
  write(session, TAB_KEY, id);
}

export interface Opened {
  id: string;
  drafts: Drafts;
  /** This tab had it before, or copied the session of the tab that had. */
  known: boolean;
}

/** What this tab was at, else what was written last; whether another tab has that is not known yet (`holdDraft`). */
export function openDraft(): Opened {
  takeOldOne();
  const known = read(session, TAB_KEY);
  // without locks it cannot be told whether another tab is writing it: the list has it
  const id = known ?? (hasLocks() ? allKept()[0]?.id : undefined) ?? newKey();
  return { id, drafts: readKept(id) ?? freshDraft(), known: known !== null };
}

/** Not there where the page came over plain http from another machine. */
const hasLocks = (): boolean => (navigator as { locks?: LockManager | null }).locks != null;

/** Those that this tab holds, and what lets go of each. */
const held = new Map<string, () => void>();
/** Those that it has asked for and not been told of yet. */
const asked = new Map<string, Promise<boolean>>();

/** Whether that is known without asking. */
export const isHeld = (id: string): boolean => !hasLocks() || held.has(id);

/** False: another tab has it. Held until this tab goes away or lets go. */
export function holdDraft(id: string): Promise<boolean> {
  if (isHeld(id)) return Promise.resolve(true);
  const answer = asked.get(id) ?? askFor(id).finally(() => asked.delete(id));
  asked.set(id, answer);
  return answer;
}

function askFor(id: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = navigator.locks.request(keyOf(id), { ifAvailable: true }, (lock) => {
      if (lock === null) {
        resolve(false);
        return undefined;
      }
      return new Promise<void>((release) => {
        held.set(id, release);
        resolve(true);
      });
    });
    // a page without a right to locks has none to meet
    request.catch(() => {
      resolve(true);
    });
  });
}

export function letGoOfDraft(id: string): void {
  held.get(id)?.();
  held.delete(id);
}

async function heldAnywhere(): Promise<ReadonlySet<string>> {
  if (!hasLocks()) return new Set();
  const { held: locks = [] } = await navigator.locks.query();
  return new Set(locks.map(({ name = "" }) => name));
}

/** All but that of this tab which have a text, the newest first. What is empty, and the oldest of many, go. */
export async function listOthers(own: string): Promise<KeptDraft[]> {
  const locked = await heldAnywhere();
  const others = allKept()
    .filter(({ id }) => id !== own)
    .map((each) => ({ ...each, elsewhere: locked.has(keyOf(each.id)) }));
  const isText = ({ draft }: KeptDraft): boolean => draft.source.trim() !== "";
  const free = others.filter(({ elsewhere }) => !elsewhere);
  const texts = free.filter(isText);
  for (const { id } of free.filter((each) => !texts.slice(0, MOST_KEPT).includes(each))) removeKept(id);
  return others.filter((each) => isText(each) && (each.elsewhere || texts.indexOf(each) < MOST_KEPT));
}
