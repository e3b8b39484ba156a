import { msg, t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { STAGES } from "@/api/tables.gen";
import type { Attempt, RunDetail, StageTime, Webhook } from "@/api/types";
import { attemptCount, dotted, figure, formatDuration } from "@/lib/format";
import styles from "./Timing.module.css";
import { say, type Words } from "@/lib/language";
import { stageWords } from "@/api/choices";

const ends: Readonly<Record<NonNullable<Attempt["ended"]>, Words>> = {
  complete: msg`complete`,
  error: msg`failed`,
  cancelled: msg`cancelled`,
  interrupted: msg`interrupted: its process was killed or stopped`,
};

/** "Attempt 2, resumed from “Render” · failed after 3.2 s" */
function sentence({ attempt, resumed_from, ended, duration_s }: Attempt): string {
  const which =
    resumed_from === null
      ? t`Attempt ${figure(attempt)}`
      : t`Attempt ${figure(attempt)}, resumed from “${say(stageWords[resumed_from].name)}”`;
  const how = ended === null ? t`going on` : say(ends[ended]);
  return dotted(which, duration_s === null ? how : t`${how} after ${formatDuration(duration_s)}`);
}

function took(seconds: number | null): string {
  if (seconds === null) return "…";
  return seconds < 0.05 ? t`less than ${formatDuration(0.1)}` : formatDuration(seconds);
}

/** `all`: the others have their places, too, so that what is below does not jump when they come. */
function Stages({ stages, all = false }: { stages: readonly StageTime[]; all?: boolean }): ReactElement {
  const known = new Set(stages.map(({ stage }) => stage));
  return (
    <ul className={styles["stages"]}>
      {stages.map(({ stage, duration_s, started_at }) => (
        <li key={`${stage} ${started_at}`}>
          <span>{say(stageWords[stage].name)}</span>
          <strong>{took(duration_s)}</strong>
        </li>
      ))}
      {all &&
        STAGES.filter((stage) => !known.has(stage)).map((stage) => (
          <li key={stage} data-awaited aria-hidden>
            <span>{say(stageWords[stage].name)}</span>
            <strong>{took(1)}</strong>
          </li>
        ))}
    </ul>
  );
}

const webhookWords: Readonly<Record<Webhook["state"], Words>> = {
  waiting: msg`is called when the run has ended`,
  due: msg`not delivered yet`,
  delivered: msg`delivered`,
  given_up: msg`given up`,
};

/** "Webhook: not delivered yet (2 attempts, last answer 503)" */
function webhookLine({ state, attempts, last_status }: Webhook): string {
  const how = say(webhookWords[state]);
  if (attempts === 0) return t`Webhook: ${how}`;
  const answer = last_status === null ? t`no answer` : t`last answer ${figure(last_status)}`;
  return t`Webhook: ${how} (${attemptCount(attempts)}, ${answer})`;
}

/** How long each stage took; attempt by attempt where there were several. */
export function Timing({ detail }: { detail: RunDetail | undefined }): ReactElement {
  const { attempts = [], stages = [], webhook = null } = detail ?? {};
  const empty = stages.length === 0 && webhook === null;
  return (
    <section className={styles["timing"]} aria-label={t`How long it took`} aria-hidden={empty || undefined}>
      {attempts.length < 2 ? (
        <Stages stages={stages} all />
      ) : (
        <ol className={styles["attempts"]}>
          {attempts.map((attempt) => (
            <li key={attempt.attempt}>
              <p>{sentence(attempt)}</p>
              {attempt.ended === "error" && attempt.message !== null && (
                <p className={styles["why"]} lang="en" dir="auto">
                  {attempt.message}
                </p>
              )}
              <Stages stages={stages.filter((each) => each.attempt === attempt.attempt)} />
            </li>
          ))}
        </ol>
      )}
      {webhook !== null && <p className={styles["webhook"]}>{webhookLine(webhook)}</p>}
    </section>
  );
}
