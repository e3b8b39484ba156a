import type { ReactElement } from "react";
import type { Attempt, RunDetail, StageTime } from "@/api/types";
import { formatDuration } from "@/lib/format";
import styles from "./Timing.module.css";
import { stageNames } from "./words";

const ends: Readonly<Record<NonNullable<Attempt["ended"]>, string>> = {
  complete: "complete",
  error: "failed",
  cancelled: "cancelled",
  interrupted: "interrupted: its process was killed or stopped",
};

/** "Attempt 2, resumed from “Render” · failed after 3.2 s" */
function sentence({ attempt, resumed_from, ended, duration_s }: Attempt): string {
  const from = resumed_from === null ? "" : `, resumed from “${stageNames[resumed_from]}”`;
  const how = ended === null ? "going on" : ends[ended];
  const after = duration_s === null ? "" : ` after ${formatDuration(duration_s)}`;
  return `Attempt ${attempt}${from} · ${how}${after}`;
}

function took(seconds: number | null): string {
  if (seconds === null) return "…";
  return seconds < 0.05 ? "< 0.1 s" : formatDuration(seconds);
}

function Stages({ stages }: { stages: readonly StageTime[] }): ReactElement {
  return (
    <ul className={styles["stages"]}>
      {stages.map(({ stage, duration_s, started_at }) => (
        <li key={`${stage} ${started_at}`}>
          <span>{stageNames[stage]}</span>
          <strong>{took(duration_s)}</strong>
        </li>
      ))}
    </ul>
  );
}

/** How long each stage took; attempt by attempt where there were several. */
export function Timing({ detail }: { detail: RunDetail | undefined }): ReactElement | null {
  if (detail === undefined || detail.stages.length === 0) return null;
  const { attempts, stages } = detail;
  return (
    <section className={styles["timing"]} aria-label="How long it took">
      {attempts.length < 2 ? (
        <Stages stages={stages} />
      ) : (
        <ol className={styles["attempts"]}>
          {attempts.map((attempt) => (
            <li key={attempt.attempt}>
              <p>{sentence(attempt)}</p>
              {attempt.ended === "error" && attempt.message !== null && (
                <p className={styles["why"]}>{attempt.message}</p>
              )}
              <Stages stages={stages.filter((each) => each.attempt === attempt.attempt)} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
