import { useEffect, useRef, useState } from "react";
import { readRunSource, type RunSource } from "./runSource";

export type Filling =
  { state: "idle" } | { state: "asking" } | { state: "refused"; error: unknown; again: () => void };

/** Asks what the run `from` was made from, and hands it on once. */
export function useFilling(from: string | undefined, onSource: (source: RunSource) => void): Filling {
  const [refusal, setRefusal] = useState<{ from: string; error: unknown } | null>(null);
  const [tries, setTries] = useState(0);
  const tell = useRef(onSource);
  useEffect(() => {
    tell.current = onSource;
  });
  useEffect(() => {
    if (from === undefined) return;
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const source = await readRunSource(from, abort.signal);
        if (!abort.signal.aborted) tell.current(source);
      } catch (error) {
        if (!abort.signal.aborted) setRefusal({ from, error });
      }
    };
    void ask();
    return () => {
      abort.abort();
    };
  }, [from, tries]);
  if (from === undefined) return { state: "idle" };
  if (refusal?.from !== from) return { state: "asking" };
  const again = (): void => {
    setRefusal(null);
    setTries((before) => before + 1);
  };
  return { state: "refused", error: refusal.error, again };
}
