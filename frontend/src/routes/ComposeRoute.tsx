import type { ReactElement } from "react";
import { useLocation, useSearch } from "wouter";
import { runUrl } from "@/api/runs";
import { ComposeScreen } from "@/features/compose/ComposeScreen";
import { LaneStrip } from "@/features/lanes/LaneStrip";
import { RecentRuns } from "@/features/library/RecentRuns";
import { searchOf } from "@/lib/paths";
import { useDocumentTitle } from "@/lib/useDocumentTitle";
import { useRunFeeds } from "@/stream/useRun";

const said = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** `/?from=…`: a run whose text is to be changed and made again. `/?preset=…`: the name of options of this browser. */
export function ComposeRoute(): ReactElement {
  const [, navigate] = useLocation();
  const search = searchOf(useSearch());
  const feeds = useRunFeeds();
  useDocumentTitle(null);
  return (
    <>
      <ComposeScreen
        from={said(search["from"])}
        preset={said(search["preset"])}
        onFilled={() => {
          navigate("/", { replace: true }); // a reload shall not fill it in again
        }}
        onStarted={(started) => {
          feeds.adopt(started);
          navigate(runUrl(started.operationId));
        }}
      />
      <RecentRuns limit={5} />
      <LaneStrip onlyPaused />
    </>
  );
}
