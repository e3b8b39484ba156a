import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { listRuns, runUrl } from "@/api/runs";
import type { Run } from "@/api/types";
import { CancelButton } from "@/components/CancelButton";
import { HoldButton } from "@/components/HoldButton";
import styles from "./WaitingLine.module.css";
import { dotted, figure, titleOf } from "@/lib/format";

const MOST = 100; // as many as a server lets wait (PRESSRUN_MAX_QUEUED)
const EVERY_MS = 3000;

/** As they are served: lane by lane, by their place; who has none yet comes last. */
const inOrder = (runs: readonly Run[]): Run[] =>
  runs
    .filter(({ status }) => status === "queued")
    .sort(
      (a, b) =>
        a.lane.localeCompare(b.lane) || (a.queue_position ?? Infinity) - (b.queue_position ?? Infinity),
    );

/** Who of this caller's runs waits, in the order in which they begin; nothing while nobody does. */
export function WaitingLine(): ReactElement | null {
  const { data } = useQuery({
    queryKey: ["runs", "waiting"],
    queryFn: ({ signal }) => listRuns({ status: "queued" }, null, MOST, signal),
    refetchInterval: EVERY_MS,
  });
  const runs = inOrder(data?.runs ?? []);
  if (runs.length === 0) return null;
  const lanes = new Set(runs.map(({ lane }) => lane));
  return (
    <section className={styles["line"]} aria-labelledby="waiting-line">
      <h2 id="waiting-line">{t`Waiting line`}</h2>
      <ol>
        {runs.map((run) => (
          <li key={run.operation_id}>
            <strong className={styles["place"]}>
              {run.queue_position === null ? "…" : figure(run.queue_position)}
            </strong>
            <Link href={runUrl(run.operation_id)} dir="auto">
              {nameOf(run)}
            </Link>
            <span className={styles["why"]}>{why(run, lanes.size > 1)}</span>
            <span className={styles["actions"]}>
              <HoldButton operationId={run.operation_id} paused={run.paused} of={nameOf(run)} />
              <CancelButton
                operationId={run.operation_id}
                attempt={run.attempt}
                ended={false}
                of={nameOf(run)}
              />
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

const nameOf = (run: Run): string => titleOf(run.title);

/** Why it waits, and what else sets it apart. */
function why({ paused, queue_position, priority, lane }: Run, several: boolean): string {
  return dotted(
    paused ? t`held: others pass it` : queue_position === 1 ? t`the next to begin` : t`behind those above`,
    priority === 0 ? null : t`priority ${figure(priority)}`,
    several ? t`lane ${lane}` : null,
  );
}
