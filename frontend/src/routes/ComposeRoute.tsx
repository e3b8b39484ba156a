import { useNavigate } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { ComposeScreen } from "@/features/compose/ComposeScreen";
import { RunList } from "@/features/library/RunList";
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
      <RunList limit={5} />
    </>
  );
}
