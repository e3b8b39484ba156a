import { useCallback, useEffect, useState } from "react";
import { type Draft, readDraft } from "./draft";

const KEY = "pressrun.draft";
const QUIET_MS = 300; // arbitrary: writing 400 000 characters at every key stroke would be felt

function load(): Draft {
  try {
    return readDraft(localStorage.getItem(KEY));
  } catch {
    return readDraft(null);
  }
}

function store(draft: Draft): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

interface KeptDraft {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  /** False: too large for this browser's storage, or storage is off; a reload would lose it. */
  kept: boolean;
}

/** The draft, kept in this browser over reloads. */
export function useDraft(): KeptDraft {
  const [draft, setDraft] = useState(load);
  const [kept, setKept] = useState(true);
  useEffect(() => {
    const save = (): void => {
      setKept(store(draft));
    };
    const timer = setTimeout(save, QUIET_MS);
    addEventListener("pagehide", save);
    return () => {
      clearTimeout(timer);
      removeEventListener("pagehide", save);
      store(draft);
    };
  }, [draft]);
  const change = useCallback((part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
  }, []);
  return { draft, change, kept };
}
