import { useCallback, useEffect, useRef, useState } from "react";
import { type Draft, readDraft } from "./draft";
import { broughtBack, changed, type Drafts, type Filled, filledIn, readFilled } from "./drafts";
import type { RunSource } from "./runSource";

const KEY = "pressrun.draft";
const FILLED_KEY = "pressrun.draft.before";
const UNTOUCHED_KEY = "pressrun.draft.untouched";
const QUIET_MS = 300; // arbitrary: writing 400 000 characters at every key stroke would be felt

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function forget(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // Storage is off: there is nothing to forget.
  }
}

function store(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** What a reload brings back: the draft, what was here before it, and whether it is still as it was filled in. */
function load(): Drafts {
  const filled = readFilled(stored(FILLED_KEY));
  return {
    draft: readDraft(stored(KEY)),
    filled,
    untouched: filled.length > 0 && stored(UNTOUCHED_KEY) === "1",
  };
}

/**
 * Draft and what was before it, or neither. Where both have no room the draft alone is kept: it is what is being written.
 */
function save({ draft, filled, untouched }: Drafts): boolean {
  const all = store(FILLED_KEY, filled) && store(UNTOUCHED_KEY, untouched ? 1 : 0) && store(KEY, draft);
  if (all) return true;
  forget(FILLED_KEY);
  forget(UNTOUCHED_KEY);
  return store(KEY, draft);
}

interface KeptDraft {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  /** False: too large for this browser's storage, or storage is off; a reload would lose it. */
  kept: boolean;
  /** The run whose source took the draft's place last, until what was there is brought back. */
  filled: Filled | null;
  fill: (source: RunSource) => void;
  /** As it was before that. */
  bringBack: () => void;
}

/** The draft, kept in this browser over reloads. */
export function useDraft(): KeptDraft {
  const [drafts, setDrafts] = useState(load);
  const { draft, filled } = drafts;
  const [kept, setKept] = useState(true);
  const now = useRef(drafts);
  useEffect(() => {
    now.current = drafts;
    const timer = setTimeout(() => {
      setKept(save(drafts));
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [drafts]);
  // Whoever leaves within that time has what was written last all the same.
  useEffect(() => {
    const keep = (): void => {
      save(now.current);
    };
    addEventListener("pagehide", keep);
    return () => {
      removeEventListener("pagehide", keep);
      keep();
    };
  }, []);
  const change = useCallback((part: Partial<Draft>) => {
    setDrafts((before) => changed(before, part));
  }, []);
  const fill = useCallback((source: RunSource) => {
    setDrafts((before) => filledIn(before, source));
  }, []);
  const bringBack = useCallback(() => {
    setDrafts(broughtBack);
  }, []);
  return { draft, change, kept, filled: filled[filled.length - 1] ?? null, fill, bringBack };
}
