import { Link } from "@tanstack/react-router";
import { type ReactElement, useState } from "react";
import { cancelRun } from "@/api/runs";
import { explain } from "@/api/problems";
import type { Problem } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Progress } from "@/components/Progress";
import { StatusPill } from "@/components/StatusPill";
import { formatWhen } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import { lostSince } from "@/stream/followRun";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import { useRun } from "@/stream/useRun";
import styles from "./BusyCard.module.css";

interface Props {
  problem: Problem;
  onAgain: () => void;
  /** The same again, but behind the run in the way. */
  onQueue: () => void;
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
function Stranger({ problem, onAgain, onQueue, onDismiss }: Props): ReactElement {
  return (
    <Notice
      tone="warning"
      role="alert"
      title={problem.title}
      actions={
        <>
          <Wait {...{ problem, onQueue }} />
          <Again {...{ onAgain, onDismiss }} />
        </>
      }
    >
      <p>{problem.detail}</p>
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
        Try again
      </Button>
      <Button onClick={onDismiss}>Close</Button>
    </>
  );
}

function Wait({ problem, onQueue }: Pick<Props, "problem" | "onQueue">): ReactElement | null {
  // The same request again is a duplicate, which no line takes.
  return problem.reason === "in_flight" && problem.same_request !== true ? (
    <Button onClick={onQueue}>Wait in the queue</Button>
  ) : null;
}

function Watch({ id, children }: { id: string; children: string }): ReactElement {
  return (
    <Link to="/runs/$operationId" params={{ operationId: id }} className={buttonClass("primary")}>
      {children}
    </Link>
  );
}

function Duplicate({ problem, id, ...actions }: Props & { id: string }): ReactElement {
  return (
    <Notice
      tone="warning"
      role="alert"
      title="You have just had exactly this made"
      actions={
        <>
          <Watch id={id}>Open that run</Watch>
          <Again {...actions} />
        </>
      }
    >
      <p>
        The same request was accepted a moment ago.
        {problem.retry_after_s !== undefined &&
          ` To have it made once more, try again in ${problem.retry_after_s} s.`}
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

function InFlight({ problem, id, onAgain, onQueue, onDismiss }: Props & { id: string }): ReactElement {
  const { view, connection } = useRun(id);
  const run = liveRun(view, problem);
  const ended = hasEnded(run.status);
  const title = ended ? "The way is free" : "Another run is in progress";
  const actions = (
    <>
      {ended ? (
        <Link to="/runs/$operationId" params={{ operationId: id }} className={buttonClass()}>
          Open that run
        </Link>
      ) : (
        <>
          <Watch id={id}>Watch it</Watch>
          <CancelButton operationId={id} attempt={view.status === null ? undefined : view.attempt} />
          <Wait {...{ problem, onQueue }} />
        </>
      )}
      <Again {...{ onAgain, onDismiss }} primary={ended} />
    </>
  );
  return (
    <Notice tone={ended ? "good" : "warning"} role="alert" title={title} actions={actions}>
      <p>
        {ended
          ? "The run that was in the way has ended. Your text is still here."
          : problem.same_request === true
            ? "This very request is being made already."
            : "One run at a time: yours was not started. Your text is still here."}
      </p>
      <RunSummary {...run} stale={!ended && lostSince(connection) !== null} />
    </Notice>
  );
}

function RunSummary(props: ReturnType<typeof liveRun> & { stale: boolean }): ReactElement {
  const { status, stage, progress, startedAt, title, stale } = props;
  const now = useNow(5000);
  return (
    <div className={styles["run"]}>
      <p className={styles["line"]}>
        <strong dir="auto">{title ?? "Untitled run"}</strong>
        <StatusPill status={status} stale={stale} />
      </p>
      <Progress value={progress} label="Progress of the run in the way" />
      <p className={styles["facts"]}>
        {progress} %{stage !== null && ` · ${stage}`}
        {startedAt !== null && ` · started ${formatWhen(startedAt, now)}`}
        {stale && " · not connected: this may be out of date"}
      </p>
    </div>
  );
}

function CancelButton(props: { operationId: string; attempt: number | undefined }): ReactElement {
  const [state, setState] = useState<{ asked: boolean; refusal: string | null }>({
    asked: false,
    refusal: null,
  });
  const cancel = async (): Promise<void> => {
    setState({ asked: true, refusal: null });
    try {
      await cancelRun(props.operationId, props.attempt);
    } catch (error) {
      setState({ asked: false, refusal: explain(error) });
    }
  };
  return (
    <>
      <Button tone="danger" disabled={state.asked} onClick={() => void cancel()}>
        {state.asked ? "Cancelling …" : "Cancel it"}
      </Button>
      {state.refusal !== null && <p role="alert">{state.refusal}</p>}
    </>
  );
}
