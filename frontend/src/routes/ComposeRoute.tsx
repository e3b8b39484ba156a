import { useNavigate } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { ComposeScreen } from "@/features/compose/ComposeScreen";
import { LaneStrip } from "@/features/lanes/LaneStrip";
import { RecentRuns } from "@/features/library/RecentRuns";
import { useDocumentTitle } from "@/lib/useDocumentTitle";
import { useRunFeeds } from "@/stream/useRun";

export function ComposeRoute(): ReactElement {
  const navigate = useNavigate();
  const feeds = useRunFeeds();
  useDocumentTitle(null);
  return (
    <>
      <ComposeScreen
        onStarted={(started) => {
          feeds.adopt(started);
          void navigate({ to: "/runs/$operationId", params: { operationId: started.operationId } });
        }}
      />
      <RecentRuns limit={5} />
      <LaneStrip onlyPaused />
    </>
  );
}
