import { useCallback, useEffect, useRef, useState } from "react";

/** As long as a person needs to see that it was a mistake; who is slow with keys needs 20 s (WCAG 2.2.1). */
export const UNDO_MS = 20_000;

interface Pending<T> {
  what: readonly T[];
  commit: () => void;
}

/**
 * Something that is shown as done and is done a while later, or at once when the page is left: until then it can be
 * undone. A second one commits the first.
 */
export function useLater<T>(
  act: (what: readonly T[]) => Promise<void>,
  actOnLeaving: (what: readonly T[]) => void,
): {
  pending: readonly T[];
  /** False while it is being done. */
  canUndo: boolean;
  begin: (what: readonly T[]) => void;
  undo: () => void;
} {
  const [pending, setPending] = useState<readonly T[]>([]);
  const current = useRef<Pending<T> | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [canUndo, setCanUndo] = useState(false);
  const doIt = useRef({ act, actOnLeaving });
  useEffect(() => {
    doIt.current = { act, actOnLeaving };
  });
  const commit = useCallback(() => {
    clearTimeout(timer.current);
    current.current?.commit();
    current.current = null;
    setCanUndo(false);
  }, []);
  // A page that goes away takes its requests with it, unless they are all sent at once, to go on without it.
  const leave = useCallback(() => {
    clearTimeout(timer.current);
    if (current.current !== null) doIt.current.actOnLeaving(current.current.what);
    current.current = null;
    setCanUndo(false);
  }, []);
  const begin = useCallback(
    (what: readonly T[]) => {
      commit();
      setPending(what);
      current.current = {
        what,
        commit: () => {
          // it stays hidden until it is done: else it would be back for a moment
          void doIt.current.act(what).finally(() => {
            setPending((before) => (before === what ? [] : before));
          });
        },
      };
      setCanUndo(true);
      timer.current = setTimeout(commit, UNDO_MS);
    },
    [commit],
  );
  const undo = useCallback(() => {
    clearTimeout(timer.current);
    current.current = null;
    setCanUndo(false);
    setPending([]);
  }, []);
  useEffect(() => {
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      commit();
    };
  }, [commit, leave]);
  return { pending, canUndo, begin, undo };
}
