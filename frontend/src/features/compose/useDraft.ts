import { useCallback, useEffect, useRef, useState } from "react";
import type { Draft } from "./draft";
import { broughtBack, changed, type Drafts, type Filled, filledIn } from "./drafts";
import {
  freshDraft,
  holdDraft,
  isHeld,
  keepDraft,
  letGoOfDraft,
  newDraftId,
  openDraft,
  readKept,
  rememberOfTab,
} from "./draftStore";
import type { RunSource } from "./runSource";

const QUIET_MS = 300; // arbitrary: writing 400 000 characters at every key stroke would be felt

export interface OwnDraft {
  draft: Draft;
  /** Its name among those that are kept. */
  id: string;
  change: (change: Partial<Draft>) => void;
  /** False: too large for this browser's storage, or storage is off; a reload would lose it. */
  kept: boolean;
  /** The run whose source took the draft's place last, until what was there is brought back. */
  filled: Filled | null;
  fill: (source: RunSource) => void;
  /** As it was before that. */
  bringBack: () => void;
  /** Begins another one, empty, with the same options; this one stays in the list. */
  begin: () => void;
  /** Goes on with another one. False: another tab has it, or it is gone. */
  takeUp: (id: string) => Promise<boolean>;
}

interface State {
  id: string;
  drafts: Drafts;
}

/** The draft of this tab, kept in this browser over reloads; the next tab that is opened after this one takes it up. */
export function useDraft(): OwnDraft {
  const [opened] = useState(openDraft);
  const [{ id, drafts }, setState] = useState<State>(opened);
  const [kept, setKept] = useState(true);
  const now = useRef<State & { ours: boolean }>({ ...opened, ours: isHeld(opened.id) });
  useEffect(() => {
    now.current = { id, drafts, ours: now.current.ours || id !== opened.id };
    const timer = setTimeout(() => {
      if (now.current.ours) setKept(keepDraft(id, drafts));
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [id, drafts, opened]);
  useEffect(() => {
    let gone = false;
    const settle = async (): Promise<void> => {
      const ours = await holdDraft(opened.id);
      if (gone) return;
      if (ours) now.current.ours = true;
      else setState(({ drafts: shown }) => elsewhere(opened.drafts, shown, opened.known));
    };
    void settle();
    return () => {
      gone = true;
    };
  }, [opened]);
  useEffect(() => {
    rememberOfTab(id);
    if (id !== opened.id) void holdDraft(id); // a new name, or held already
  }, [id, opened]);
  // Whoever leaves within that time has what was written last all the same.
  useEffect(() => {
    const keep = (): void => {
      const { ours, id, drafts } = now.current;
      if (!ours && drafts === opened.drafts) return; // nothing was written, and whose it is was not known yet
      const own = ours ? id : newDraftId();
      rememberOfTab(own);
      keepDraft(own, drafts);
    };
    addEventListener("pagehide", keep);
    return () => {
      removeEventListener("pagehide", keep);
      keep();
    };
  }, [opened]);
  const put = useCallback((next: (before: Drafts) => Drafts) => {
    setState((before) => ({ ...before, drafts: next(before.drafts) }));
  }, []);
  const change = useCallback(
    (part: Partial<Draft>) => {
      put((before) => changed(before, part));
    },
    [put],
  );
  const fill = useCallback(
    (source: RunSource) => {
      put((before) => filledIn(before, source));
    },
    [put],
  );
  const bringBack = useCallback(() => {
    put(broughtBack);
  }, [put]);
  const goTo = (next: State): void => {
    keepDraft(id, drafts);
    letGoOfDraft(id);
    setState(next);
  };
  const begin = (): void => {
    goTo({ id: newDraftId(), drafts: freshDraft(drafts.draft) });
  };
  const takeUp = async (other: string): Promise<boolean> => {
    if (!(await holdDraft(other))) return false;
    const found = readKept(other);
    if (found === undefined) letGoOfDraft(other);
    else goTo({ id: other, drafts: found });
    return found !== undefined;
  };
  const { draft, filled } = drafts;
  return {
    draft,
    id,
    change,
    kept,
    filled: filled[filled.length - 1] ?? null,
    fill,
    bringBack,
    begin,
    takeUp,
  };
}

/** Another tab has what was shown for a moment: a copy of a tab has its text, any other an empty one, and what was typed stays. */
function elsewhere(opened: Drafts, shown: Drafts, copied: boolean): State {
  return { id: newDraftId(), drafts: copied || shown !== opened ? shown : freshDraft() };
}
