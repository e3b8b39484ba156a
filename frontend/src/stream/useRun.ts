/** React's door to the feeds. */
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";
import { RunFeeds, type RunFeed } from "./runFeeds";

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
  const read = useCallback(() => feeds.read(operationId), [feeds, operationId]);
  return useSyncExternalStore(subscribe, read);
}
