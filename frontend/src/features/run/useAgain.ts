import { useState } from "react";
import { useLocation } from "wouter";
import { runUrl } from "@/api/runs";
import type { RerenderRequest } from "@/api/types";
import { type Action, useAction } from "@/components/useAction";
import { newKey } from "@/lib/newKey";
import { startRun } from "@/stream/startRun";
import { useRunFeeds } from "@/stream/useRun";

/** Starts the new run and goes there. One button is one intention: a second press cannot start a second run. */
export function useAgain(operationId: string): { action: Action; start: (body: RerenderRequest) => void } {
  const action = useAction();
  const feeds = useRunFeeds();
  const [, navigate] = useLocation();
  const [keys] = useState(() => new Map<string, string>());
  const start = (body: RerenderRequest): void => {
    const text = JSON.stringify(body);
    const idempotencyKey = keys.get(text) ?? newKey();
    keys.set(text, idempotencyKey);
    void action.run(async () => {
      const started = await startRun(body, { idempotencyKey, url: `${runUrl(operationId)}/rerender` });
      feeds.adopt(started);
      navigate(runUrl(started.operationId));
    });
  };
  return { action, start };
}
