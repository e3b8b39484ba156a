import type { ReactElement } from "react";
import { STAGES } from "@/api/tables.gen";
import { Progress } from "@/components/Progress";
import { formatElapsed, secondsBetween } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import type { RunView } from "@/stream/reduceRun";
import styles from "./ProgressCard.module.css";
import { activity, stageWords, usually } from "./words";

function Stages({ view }: { view: RunView }): ReactElement {
  const reached = view.stage === null ? -1 : STAGES.indexOf(view.stage);
  const state = (index: number): "done" | "now" | "next" =>
    index < reached ? "done" : index === reached ? "now" : "next";
  return (
    <ol className={styles["stages"]} aria-label="Stages">
      {STAGES.map((stage, index) => (
        <li key={stage} data-state={state(index)} aria-current={index === reached ? "step" : undefined}>
          {stageWords[stage].name}
        </li>
      ))}
    </ol>
  );
}

/** Stands still while the server is not heard: whether the run goes on is not known. */
function Elapsed({ view, lostAt }: { view: RunView; lostAt: number | null }): ReactElement | null {
  const ticking = useNow(500, lostAt === null);
  const now = lostAt ?? ticking;
  if (view.startedAt === null) return null;
  return (
    <span>
      {formatElapsed(secondsBetween(view.startedAt, now))}
      {view.estimate !== null && `, ${usually(view.estimate)}`}
    </span>
  );
}

/** While it runs: how far it is, what is happening, for how long. `lostAt`: when the server was last heard, if it is not now. */
export function ProgressCard({ view, lostAt }: { view: RunView; lostAt: number | null }): ReactElement {
  const again = view.attempt > 1;
  return (
    <section className={styles["card"]} aria-label="Progress">
      <Stages view={view} />
      <Progress value={view.progress} label="Progress" />
      <p className={styles["line"]}>
        <span className={styles["activity"]}>
          <strong>{view.progress} %</strong> {activity(view)}
        </span>
        <Elapsed view={view} lostAt={lostAt} />
      </p>
      {again && (
        <p className={styles["again"]}>
          Attempt {view.attempt}
          {view.resumedFrom !== null && `, resumed from “${stageWords[view.resumedFrom].name}”`}
        </p>
      )}
    </section>
  );
}
