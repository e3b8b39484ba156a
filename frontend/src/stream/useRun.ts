/** The feeds for React. */
import { useCallback, useContext, useMemo, useSyncExternalStore } from "react";
import { FeedsPlaceContext } from "./feedsPlace";
import { blankFeed, RunFeeds, type RunFeed } from "./runFeeds";

const newFeeds = (): RunFeeds => new RunFeeds();

export const useRunFeeds = (): RunFeeds => useContext(FeedsPlaceContext).open(newFeeds);

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
