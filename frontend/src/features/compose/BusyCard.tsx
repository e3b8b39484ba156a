import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { getRun, runUrl } from "@/api/runs";
import type { GenerateRequest, Problem } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { CancelButton } from "@/components/CancelButton";
import { Notice } from "@/components/Notice";
import { Progress } from "@/components/Progress";
import { SmallPicture } from "@/components/SmallPicture";
import { StatusPill } from "@/components/StatusPill";
import { useLanes } from "@/components/useLanes";
import {
  dotted,
  figure,
  formatDuration,
  formatSeconds,
  formatWhen,
  percent,
  secondsBetween,
  titleOf,
} from "@/lib/format";
import { useNow } from "@/lib/useNow";
import { lostSince } from "@/stream/connection";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import { useRun } from "@/stream/useRun";
import { Differences } from "./Differences";
import styles from "./BusyCard.module.css";
import { stageWord } from "@/api/choices";
import { ServerWords } from "@/components/ServerWords";
import { refusalTitle } from "@/api/problems";

interface Props {
  problem: Problem;
  onAgain: () => void;
  /** What was refused. */
  request: GenerateRequest;
  /** The same again, but behind the run in the way, or in its place. */
  onQueue: (how?: "queue" | "replace") => void;
  onDismiss: () => void;
}

/** A 409: what run is in the way, as it is now, and everything one can do about it. The typed text is not touched. */
export function BusyCard(props: Props): ReactElement {
  const id = props.problem.active_operation_id ?? props.problem.run?.operation_id;
  if (id == null) return <Stranger {...props} />;
  return props.problem.reason === "duplicate" ? (
    <Duplicate {...props} id={id} />
  ) : (
    <InFlight {...props} id={id} />
  );
}

/** Another caller's run: the server does not say which. */
function Stranger({ problem, request, onAgain, onQueue, onDismiss }: Props): ReactElement {
  const lane = request.lane ?? "default";
  return (
    <Notice
      tone="warning"
      role="alert"
      title={refusalTitle(problem)}
      actions={
        <>
          <Wait {...{ problem, onQueue, lane }} aheadS={null} />
          <Again {...{ onAgain, onDismiss }} />
        </>
      }
    >
      <ServerWords text={problem.detail} />
    </Notice>
  );
}

function Again({
  onAgain,
  onDismiss,
  primary,
}: Pick<Props, "onAgain" | "onDismiss"> & { primary?: boolean }): ReactElement {
  return (
    <>
      <Button tone={primary === true ? "primary" : "plain"} onClick={onAgain}>
        {t`Try again`}
      </Button>
      <Button onClick={onDismiss}>{t`Close`}</Button>
    </>
  );
}

function Wait({ problem, onQueue, lane, aheadS }: WaitProps): ReactElement | null {
  const waiting = useLanes().data?.find((each) => each.lane === lane)?.waiting;
  // The same request again is a duplicate, which no line takes.
  if (problem.reason !== "in_flight" || problem.same_request === true) return null;
  const place = waiting === undefined ? null : t`place ${figure(waiting + 1)}`;
  // of those who wait before it nothing is known that a promise could be made of
  const when = waiting === 0 && aheadS !== null ? t`in about ${formatDuration(Math.ceil(aheadS))}` : null;
  const facts = [place, when].filter((part) => part !== null).join(t`, `);
  return (
    <Button
      onClick={() => {
        onQueue("queue");
      }}
    >
      {facts === "" ? t`Wait in the queue` : t`Wait in the queue (${facts})`}
    </Button>
  );
}

type WaitProps = Pick<Props, "problem" | "onQueue"> & {
  lane: string;
  /** How long the run in the way will go on, as far as that is known; seconds. */
  aheadS: number | null;
};

/** Its run is cancelled, and this one has its place. */
function Replace({ problem, onQueue }: Pick<Props, "problem" | "onQueue">): ReactElement | null {
  if (problem.same_request === true || problem.policies?.includes("replace") !== true) return null;
  return (
    <Button
      tone="danger"
      title={t`Cancels that run; yours has its place, before all who wait`}
      onClick={() => {
        onQueue("replace");
      }}
    >
      {t`Replace it`}
    </Button>
  );
}

function Watch({ id, children }: { id: string; children: string }): ReactElement {
  return (
    <Link href={runUrl(id)} className={buttonClass("primary")}>
      {children}
    </Link>
  );
}

function Duplicate({ problem, id, ...actions }: Props & { id: string }): ReactElement {
  return (
    <Notice
      tone="warning"
      role="alert"
      title={t`You have just had exactly this made`}
      actions={
        <>
          <Watch id={id}>{t`Open that run`}</Watch>
          <Again {...actions} />
        </>
      }
    >
      <p>
        {t`The same request was accepted a moment ago.`}{" "}
        {problem.retry_after_s !== undefined &&
          t`To have it made once more, try again in ${formatSeconds(problem.retry_after_s)}.`}
      </p>
    </Notice>
  );
}

/** What the 409 said, until the run's own stream says more. */
function liveRun(view: RunView, problem: Problem) {
  return {
    status: view.status ?? problem.run?.status ?? "running",
    stage: view.stage ?? problem.run?.stage ?? null,
    progress: Math.max(view.progress, problem.run?.progress ?? 0),
    startedAt: view.startedAt ?? problem.run?.started_at ?? null,
    title: view.title ?? problem.run?.title ?? null,
  };
}

function InFlight(props: Props & { id: string }): ReactElement {
  const { problem, request, id, onAgain, onQueue, onDismiss } = props;
  const { view, connection } = useRun(id);
  const now = useNow(5000);
  const lane = request.lane ?? "default";
  const run = liveRun(view, problem);
  const ended = hasEnded(run.status);
  const title = ended ? t`The way is free` : t`Another run is in progress`;
  const actions = (
    <>
      {ended ? (
        <Link href={runUrl(id)} className={buttonClass()}>
          {t`Open that run`}
        </Link>
      ) : (
        <>
          <Watch id={id}>{t`Watch it`}</Watch>
          <CancelButton
            operationId={id}
            attempt={view.status === null ? undefined : view.attempt}
            ended={false}
            label={t`Cancel it`}
          />
          <Wait {...{ problem, onQueue, lane }} aheadS={remainingS(view, now)} />
          <Replace {...{ problem, onQueue }} />
        </>
      )}
      <Again {...{ onAgain, onDismiss }} primary={ended} />
    </>
  );
  return (
    <Notice tone={ended ? "good" : "warning"} role="alert" title={title} actions={actions}>
      <p>
        {ended
          ? t`The run that was in the way has ended. Your text is still here.`
          : problem.same_request === true
            ? t`This very request is being made already.`
            : t`One run at a time: yours was not started. Your text is still here.`}
      </p>
      <RunSummary
        {...run}
        operationId={id}
        picture={view.slides[0]?.url ?? null}
        stale={!ended && lostSince(connection) !== null}
      />
      {!ended && problem.same_request !== true && <Differences request={request} />}
    </Notice>
  );
}

/** Until three quarters of the runs like it have ended; null where nothing is known of such. */
function remainingS({ estimate, startedAt }: RunView, now: number): number | null {
  if (estimate === null || startedAt === null) return null;
  const left = estimate.p75S - secondsBetween(startedAt, now);
  return left > 0 ? left : null; // longer than those already
}

interface SummaryProps extends ReturnType<typeof liveRun> {
  operationId: string;
  picture: string | null;
  stale: boolean;
}

function RunSummary(props: SummaryProps): ReactElement {
  const { operationId, picture, status, stage, progress, startedAt, title, stale } = props;
  const now = useNow(5000);
  const { data: detail } = useQuery({
    queryKey: ["runs", "detail", operationId],
    queryFn: ({ signal }) => getRun(operationId, signal),
  });
  const caller = detail === undefined || detail.caller === "local" ? null : detail.caller;
  return (
    <div className={styles["run"]}>
      <p className={styles["line"]}>
        <SmallPicture url={picture} />
        <strong dir="auto">{titleOf(title)}</strong>
        <StatusPill status={status} stale={stale} />
      </p>
      <Progress value={progress} label={t`Progress of the run in the way`} />
      <p className={styles["facts"]}>
        {dotted(
          percent(progress),
          stage === null ? null : stageWord(stage),
          caller === null ? null : t`started by ${caller}`,
          startedAt === null ? null : t`started ${formatWhen(startedAt, now)}`,
          stale ? t`not connected: this may be out of date` : null,
        )}
      </p>
    </div>
  );
}
