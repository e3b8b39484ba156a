import type { ReactElement } from "react";
import type { Attempt, RunDetail, StageTime, Webhook } from "@/api/types";
import { count, formatDuration } from "@/lib/format";
import styles from "./Timing.module.css";
import { stageWords } from "./words";

const ends: Readonly<Record<NonNullable<Attempt["ended"]>, string>> = {
  complete: "complete",
  error: "failed",
  cancelled: "cancelled",
  interrupted: "interrupted: its process was killed or stopped",
};

/** "Attempt 2, resumed from “Render” · failed after 3.2 s" */
function sentence({ attempt, resumed_from, ended, duration_s }: Attempt): string {
  const from = resumed_from === null ? "" : `, resumed from “${stageWords[resumed_from].name}”`;
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
          <span>{stageWords[stage].name}</span>
          <strong>{took(duration_s)}</strong>
        </li>
      ))}
    </ul>
  );
}

const webhookWords: Readonly<Record<Webhook["state"], string>> = {
  waiting: "is called when the run has ended",
  due: "not delivered yet",
  delivered: "delivered",
  given_up: "given up",
};

/** "Webhook: not delivered yet (2 attempts, last answer 503)" */
function webhookLine({ state, attempts, last_status }: Webhook): string {
  const answer = last_status === null ? "no answer" : `last answer ${last_status}`;
  return `Webhook: ${webhookWords[state]}${attempts === 0 ? "" : ` (${count(attempts, "attempt")}, ${answer})`}`;
}

/** How long each stage took; attempt by attempt where there were several. */
export function Timing({ detail }: { detail: RunDetail | undefined }): ReactElement | null {
  if (detail === undefined || (detail.stages.length === 0 && detail.webhook == null)) return null;
  const { attempts, stages, webhook } = detail;
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
      {webhook != null && <p className={styles["webhook"]}>{webhookLine(webhook)}</p>}
    </section>
  );
}
