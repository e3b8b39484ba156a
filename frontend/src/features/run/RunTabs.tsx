import { t } from "@lingui/core/macro";
import { type ReactElement, Suspense } from "react";
import { laterCode } from "@/lib/laterCode";
import type { RunDetail } from "@/api/types";
import { type TabItem, Tabs } from "@/components/Tabs";
import type { RunView } from "@/stream/reduceRun";
import { filesOf, Files } from "./Files";
import type { RunSearch, RunTab } from "./runSearch";
import { Slides } from "./Slides";
import { WebhookTab } from "./WebhookTab";

// Few ask for these: their code comes when they do.
const TimelineTab = laterCode(async () => (await import("./TimelineTab")).TimelineTab);
const RunLog = laterCode(async () => (await import("./RunLog")).RunLog);
const SourceTab = laterCode(async () => (await import("./SourceTab")).SourceTab);
const CompareTab = laterCode(async () => (await import("./CompareTab")).CompareTab);
const ApiTab = laterCode(async () => (await import("./ApiTab")).ApiTab);

interface Props {
  view: RunView;
  detail: RunDetail | undefined;
  search: RunSearch;
  onSearch: (search: RunSearch, how?: { replace?: boolean }) => void;
}

/** Everything that is known of a run, part by part; which one is in the address. */
export function RunTabs({ view, detail, search, onSearch }: Props): ReactElement {
  const { tab = "slides" } = search;
  return (
    <Tabs
      label={t`Parts of the run`}
      tabs={tabsOf(view, detail, tab)}
      chosen={tab}
      onChoose={(next) => {
        if (next !== tab) onSearch(next === "slides" ? {} : { tab: next }, { replace: true });
      }}
    >
      <Suspense fallback={<p role="status">{t`Loading …`}</p>}>
        {tab === "slides" && (
          <Slides
            view={view}
            open={search.slide}
            onOpen={(slide, how) => {
              onSearch(slide === undefined ? {} : { slide }, how);
            }}
          />
        )}
        {tab === "files" && <Files view={view} />}
        {tab === "timeline" && <TimelineTab view={view} />}
        {tab === "log" && <RunLog view={view} />}
        {tab === "source" && <SourceTab operationId={view.operationId} detail={detail} />}
        {tab === "api" && <ApiTab operationId={view.operationId} detail={detail} />}
        {tab === "compare" && (
          <CompareTab
            detail={detail}
            other={search.with}
            onOther={(other) => {
              onSearch({ tab, ...(other !== undefined && { with: other }) }, { replace: true });
            }}
          />
        )}
        {tab === "webhook" && <WebhookTab detail={detail} />}
      </Suspense>
    </Tabs>
  );
}

function tabsOf(view: RunView, detail: RunDetail | undefined, chosen: RunTab): TabItem<RunTab>[] {
  const { length: files } = filesOf(view);
  const { length: events } = view.events;
  return [
    { id: "slides", label: t`Slides`, amount: view.slides.length },
    { id: "files", label: t`Files`, amount: files },
    { id: "timeline", label: t`Timeline`, amount: events + view.eventsDropped },
    { id: "log", label: t`Log` },
    { id: "source", label: t`Source and settings` },
    { id: "api", label: "API" },
    ...(view.status === "complete" || chosen === "compare"
      ? [{ id: "compare" as const, label: t`Compare` }]
      : []),
    // not there where none was asked for
    ...(detail?.webhook != null || chosen === "webhook"
      ? [{ id: "webhook" as const, label: t`Webhook` }]
      : []),
  ];
}
