import { msg, t } from "@lingui/core/macro";
import { memo, type ReactElement, useDeferredValue } from "react";
import { Link } from "wouter";
import { Button, buttonClass } from "@/components/Button";
import { LiveText } from "@/components/LiveText";
import { Notice } from "@/components/Notice";
import { PauseLaneButton } from "@/components/PauseLaneButton";
import { useLanes } from "@/components/useLanes";
import { useDocumentTitle } from "@/lib/useDocumentTitle";
import { type FaviconState, useFavicon } from "@/lib/useFavicon";
import { lostSince } from "@/stream/connection";
import { hasEnded, type RunView, type RunWarning } from "@/stream/reduceRun";
import type { RunFeed } from "@/stream/runFeeds";
import type { Disposition } from "@/stream/startRun";
import { useRun, useRunFeeds } from "@/stream/useRun";
import { ConnectionNotice } from "./ConnectionNotice";
import { Outcome } from "./Outcome";
import { ProgressCard } from "./ProgressCard";
import { RunHeader } from "./RunHeader";
import styles from "./RunScreen.module.css";
import type { RunSearch } from "./runSearch";
import { RunTabs } from "./RunTabs";
import { Timing } from "./Timing";
import { useRunDetail } from "./useRunDetail";
import { Warnings } from "./Warnings";
import { announcement, tabTitle } from "./words";
import { say, type Words } from "@/lib/language";
import { ServerWords } from "@/components/ServerWords";
import { refusalTitle } from "@/api/problems";

interface Props {
  operationId: string;
  search: RunSearch;
  onSearch: (search: RunSearch, how?: { replace?: boolean }) => void;
}

type StoryProps = Omit<Props, "operationId"> & { feed: RunFeed };

/** One run, followed from wherever it stands to its end. What is new of it is drawn piece by piece, between what a person does. */
export function RunScreen({ operationId, search, onSearch }: Props): ReactElement {
  const feed = useDeferredValue(useRun(operationId));
  return <Shown feed={feed} search={search} onSearch={onSearch} />;
}

const Shown = memo(function Shown({ feed, search, onSearch }: StoryProps): ReactElement {
  const lost = lostSince(feed.connection) !== null;
  useDocumentTitle(feed.failure === null ? tabTitle(feed.view, lost) : refusalTitle(feed.failure.problem));
  useFavicon(feed.failure === null ? faviconOf(feed.view) : null);
  if (feed.failure !== null) return <Failure feed={feed} />;
  if (feed.view.status === null) return <Waiting feed={feed} />;
  return <Story feed={feed} search={search} onSearch={onSearch} />;
});

function faviconOf({ status, progress }: RunView): FaviconState {
  if (status === "running") return { state: "progress", percent: progress };
  if (status === "complete") return { state: "good" };
  return status === "error" ? { state: "bad" } : null;
}

function Story({ feed, search, onSearch }: StoryProps): ReactElement {
  const { view, connection, disposition } = feed;
  const detail = useRunDetail(feed);
  const ended = hasEnded(view.status);
  const lostAt = ended ? null : lostSince(connection);
  return (
    <article className={styles["run"]}>
      <RunHeader view={view} detail={detail} connection={connection} stale={lostAt !== null} />
      <LiveText text={announcement(view)} />
      <ConnectionNotice connection={connection} />
      <Joined disposition={disposition} />
      {ended ? <Outcome view={view} /> : <ProgressCard view={view} lostAt={lostAt} />}
      {view.status === "queued" && detail !== undefined && <LanePaused lane={detail.lane} />}
      <Timing detail={detail} />
      <Warnings warnings={unsaid(view)} />
      <RunTabs view={view} detail={detail} search={search} onSearch={onSearch} />
    </article>
  );
}

/** What the outcome does not say already. */
function unsaid({ warnings, result }: RunView): readonly RunWarning[] {
  const said = result?.coverage?.summary;
  return warnings.filter(({ message }) => message !== said);
}

/** Why a run waits though nobody is before it. */
function LanePaused({ lane: name }: { lane: string }): ReactElement | null {
  const lane = useLanes().data?.find(({ lane }) => lane === name);
  if (lane?.paused !== true) return null;
  return (
    <Notice
      tone="warning"
      role="status"
      title={t`The lane “${name}” is paused`}
      actions={<PauseLaneButton lane={lane} />}
    >
      <p>{t`Nothing begins in it until somebody resumes it. This run keeps its place.`}</p>
    </Notice>
  );
}

const joined: Partial<Record<Disposition, Words>> = {
  joined: msg`This very request was being made already: you are watching that run, and no second one was started.`,
  replayed: msg`This very request was made a moment ago: this is its result, and no second run was started.`,
};

/** Says so when the button led to a run that was there before. */
function Joined({ disposition }: { disposition: Disposition | null }): ReactElement | null {
  const words = disposition === null ? undefined : joined[disposition];
  if (words === undefined) return null;
  return (
    <Notice tone="info" role="status" title={t`Not started twice`}>
      <p>{say(words)}</p>
    </Notice>
  );
}

function Waiting({ feed }: { feed: RunFeed }): ReactElement {
  return (
    <>
      <h1>{t`Run`}</h1>
      <ConnectionNotice connection={feed.connection} />
      <p role="status">{t`Asking the server how it stands …`}</p>
    </>
  );
}

function Failure({ feed }: { feed: RunFeed }): ReactElement {
  const feeds = useRunFeeds();
  const problem = feed.failure?.problem;
  const unknown = problem?.status === 404;
  return (
    <Notice
      tone={unknown ? "warning" : "bad"}
      level={1}
      role="alert"
      title={
        unknown
          ? t`There is no such run`
          : problem === undefined
            ? t`This run cannot be shown`
            : refusalTitle(problem)
      }
      actions={
        <>
          <Link href="/runs" className={buttonClass("primary")}>
            {t`All runs`}
          </Link>
          <Button
            onClick={() => {
              feeds.reopen(feed.view.operationId);
            }}
          >
            {t`Try again`}
          </Button>
        </>
      }
    >
      {unknown ? (
        <p>{t`It may have been deleted, or it belongs to another server.`}</p>
      ) : (
        <ServerWords text={problem?.detail ?? ""} />
      )}
    </Notice>
  );
}
