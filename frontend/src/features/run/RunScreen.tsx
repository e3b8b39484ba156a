import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Button, buttonClass } from "@/components/Button";
import { LiveText } from "@/components/LiveText";
import { Notice } from "@/components/Notice";
import { StatusPill } from "@/components/StatusPill";
import { useDocumentTitle } from "@/lib/useDocumentTitle";
import { hasEnded } from "@/stream/reduceRun";
import type { RunFeed } from "@/stream/runFeeds";
import type { Disposition } from "@/stream/startRun";
import { useRun, useRunFeeds } from "@/stream/useRun";
import { CancelButton } from "./CancelButton";
import { ConnectionNotice } from "./ConnectionNotice";
import { Log } from "./Log";
import { Outcome } from "./Outcome";
import { ProgressCard } from "./ProgressCard";
import styles from "./RunScreen.module.css";
import { Slides } from "./Slides";
import { Warnings } from "./Warnings";
import { announcement, tabTitle } from "./words";

/** One run, followed from wherever it stands to its end. */
export function RunScreen({ operationId }: { operationId: string }): ReactElement {
  const feed = useRun(operationId);
  useDocumentTitle(feed.failure === null ? tabTitle(feed.view) : feed.failure.problem.title);
  if (feed.failure !== null) return <Failure feed={feed} />;
  if (feed.view.status === null) return <Waiting feed={feed} />;
  return <Story feed={feed} />;
}

function Story({ feed }: { feed: RunFeed }): ReactElement {
  const { view, connection, disposition } = feed;
  const ended = hasEnded(view.status);
  return (
    <article className={styles["run"]}>
      <header className={styles["head"]}>
        <div className={styles["name"]}>
          <h1>{view.title ?? "Untitled run"}</h1>
          {view.status !== null && <StatusPill status={view.status} />}
        </div>
        <div className={styles["actions"]}>
          {ended ? (
            <Link to="/" className={buttonClass()}>
              New run
            </Link>
          ) : (
            <CancelButton operationId={view.operationId} attempt={view.attempt} />
          )}
        </div>
      </header>
      <LiveText text={announcement(view)} />
      <ConnectionNotice connection={connection} />
      <Joined disposition={disposition} />
      {ended ? <Outcome view={view} /> : <ProgressCard view={view} />}
      <Warnings warnings={view.warnings} />
      <Slides view={view} />
      <Log view={view} />
    </article>
  );
}

const joined: Partial<Record<Disposition, string>> = {
  joined:
    "This very request was being made already: you are watching that run, and no second one was started.",
  replayed: "This very request was made a moment ago: this is its result, and no second run was started.",
};

/** Says so when the button led to a run that was there before. */
function Joined({ disposition }: { disposition: Disposition | null }): ReactElement | null {
  const words = disposition === null ? undefined : joined[disposition];
  if (words === undefined) return null;
  return (
    <Notice tone="info" role="status" title="Not started twice">
      <p>{words}</p>
    </Notice>
  );
}

function Waiting({ feed }: { feed: RunFeed }): ReactElement {
  return (
    <>
      <h1>Run</h1>
      <ConnectionNotice connection={feed.connection} />
      <p role="status">Asking the server how it stands …</p>
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
      title={unknown ? "There is no such run" : (problem?.title ?? "This run cannot be shown")}
      actions={
        <>
          <Link to="/runs" className={buttonClass("primary")}>
            All runs
          </Link>
          <Button
            onClick={() => {
              feeds.reopen(feed.view.operationId);
            }}
          >
            Try again
          </Button>
        </>
      }
    >
      <p>{unknown ? "It may have been deleted, or it belongs to another server." : problem?.detail}</p>
    </Notice>
  );
}
