/** The feeds for React. */
import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from "react";
import { blankFeed, type RunFeeds, type RunFeed } from "./runFeeds";

export const RunFeedsContext = createContext<RunFeeds | null>(null);

export function useRunFeeds(): RunFeeds {
  const feeds = useContext(RunFeedsContext);
  if (feeds === null) throw new Error("useRunFeeds needs a RunFeedsContext above it.");
  return feeds;
}

/** Follows a run for as long as the component is shown. */
export function useRun(operationId: string): RunFeed {
  const feeds = useRunFeeds();
  const subscribe = useCallback(
    (listener: () => void) => feeds.subscribe(operationId, listener),
    [feeds, operationId],
  );
  const blank = useMemo(() => blankFeed(operationId), [operationId]);
  const read = useCallback(() => feeds.peek(operationId) ?? blank, [feeds, operationId, blank]);
  return useSyncExternalStore(subscribe, read);
}
