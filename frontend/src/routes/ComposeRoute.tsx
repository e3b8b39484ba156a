import { type ReactElement, Suspense, useContext } from "react";
import { useLocation, useSearch } from "wouter";
import { runUrl } from "@/api/runs";
import { ComposeScreen } from "@/features/compose/ComposeScreen";
import { useLanes } from "@/components/useLanes";
import { RecentRuns } from "@/features/library/RecentRuns";
import { laterCode } from "@/lib/laterCode";
import { searchOf } from "@/lib/paths";
import { useDocumentTitle } from "@/lib/useDocumentTitle";
import { FeedsPlaceContext } from "@/stream/feedsPlace";

// Its code comes where a lane is paused.
const LaneStrip = laterCode(async () => (await import("@/features/lanes/LaneStrip")).LaneStrip);

const said = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** `/?from=…`: a run whose text is to be changed and made again. `/?preset=…`: the name of options of this browser. */
export function ComposeRoute(): ReactElement {
  const [, navigate] = useLocation();
  const search = searchOf(useSearch());
  const feeds = useContext(FeedsPlaceContext);
  const { data: lanes = [] } = useLanes();
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
      <Suspense fallback={null}>{lanes.some(({ paused }) => paused) && <LaneStrip only="paused" />}</Suspense>
    </>
  );
}
