import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { getRun } from "@/api/runs";
import type { RunDetail } from "@/api/types";
import { hasEnded } from "@/stream/reduceRun";
import type { RunFeed } from "@/stream/runFeeds";
import { useRunFeeds } from "@/stream/useRun";

/**
 * What the events do not tell of a run: its attempts, how long its stages took, whether it is pinned or held. Asked for
 * again at every turn of the run, and whenever somebody looks at the page again. Undefined until it is known.
 */
export function useRunDetail({ view, connection }: RunFeed): RunDetail | undefined {
  const { operationId, status, stage, attempt, queuePosition } = view;
  const queries = useQueryClient();
  const feeds = useRunFeeds();
  const { data } = useQuery({
    queryKey: ["runs", "detail", operationId],
    queryFn: ({ signal }) => getRun(operationId, signal),
  });
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["runs", "detail", operationId] }, { cancelRefetch: true });
  }, [queries, operationId, status, stage, attempt, queuePosition]);
  // It was retried, in another tab or from elsewhere: there is more to be told.
  const more =
    hasEnded(status) &&
    connection.state === "closed" &&
    data !== undefined &&
    data.last_event_id > Math.max(view.lastSeq, view.knownSeq);
  useEffect(() => {
    if (more) feeds.goOn(operationId);
  }, [more, feeds, operationId]);
  return data;
}
