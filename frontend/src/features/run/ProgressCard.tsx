import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { STAGES } from "@/api/tables.gen";
import { Progress } from "@/components/Progress";
import { figure, formatElapsed, percent, secondsBetween } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import type { RunView } from "@/stream/reduceRun";
import styles from "./ProgressCard.module.css";
import { activity, usually } from "./words";
import { say } from "@/lib/language";
import { stageWords } from "@/api/choices";

function Stages({ view }: { view: RunView }): ReactElement {
  const reached = view.stage === null ? -1 : STAGES.indexOf(view.stage);
  const state = (index: number): "done" | "now" | "next" =>
    index < reached ? "done" : index === reached ? "now" : "next";
  return (
    <ol className={styles["stages"]} aria-label={t`Stages`}>
      {STAGES.map((stage, index) => (
        <li key={stage} data-state={state(index)} aria-current={index === reached ? "step" : undefined}>
          {say(stageWords[stage].name)}
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
      {view.estimate !== null && t`, ` + usually(view.estimate)}
    </span>
  );
}

/** While it runs: how far it is, what is happening, for how long. `lostAt`: when the server was last heard, if it is not now. */
export function ProgressCard({ view, lostAt }: { view: RunView; lostAt: number | null }): ReactElement {
  const again = view.attempt > 1;
  return (
    <section className={styles["card"]} aria-label={t`Progress`}>
      <Stages view={view} />
      <Progress value={view.progress} label={t`Progress`} />
      <p className={styles["line"]}>
        <span className={styles["activity"]}>
          <strong>{percent(view.progress)}</strong> {activity(view)}
        </span>
        <Elapsed view={view} lostAt={lostAt} />
      </p>
      {again && (
        <p className={styles["again"]}>
          {view.resumedFrom === null
            ? t`Attempt ${figure(view.attempt)}`
            : t`Attempt ${figure(view.attempt)}, resumed from “${say(stageWords[view.resumedFrom].name)}”`}
        </p>
      )}
    </section>
  );
}
