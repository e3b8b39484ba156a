import { msg, t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { sendWebhook } from "@/api/runs";
import type { LogPage, LogRecord, RunDetail, Webhook } from "@/api/types";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAction } from "@/components/useAction";
import { attemptCount, figure, formatWhen } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import { useRunLog } from "./useRunLog";
import styles from "./WebhookTab.module.css";
import { Trans } from "@lingui/react/macro";
import { say, type Words } from "@/lib/language";

const stateWords: Readonly<Record<Webhook["state"], Words>> = {
  waiting: msg`It is called when the run has ended.`,
  due: msg`It is not delivered yet: the server tries again by itself, with growing waits, for a day.`,
  delivered: msg`It was delivered.`,
  given_up: msg`It was given up after a day of attempts.`,
};

/** How far the word to somebody else's server is, each attempt, and once more. */
export function WebhookTab({ detail }: { detail: RunDetail | undefined }): ReactElement {
  const webhook = detail?.webhook ?? null;
  if (detail === undefined || webhook === null) {
    return <p>{t`No webhook was asked for: nobody is told of this run’s end.`}</p>;
  }
  return <Told operationId={detail.operation_id} attempt={detail.attempt} webhook={webhook} />;
}

function Told(props: { operationId: string; attempt: number; webhook: Webhook }): ReactElement {
  const { operationId, attempt, webhook } = props;
  const { state, attempts, last_status, due_at } = webhook;
  const now = useNow(5000);
  const { data: log } = useRunLog(operationId, state === "due", attempt);
  const queries = useQueryClient();
  const { busy, refusal, run } = useAction();
  const again = async (): Promise<void> => {
    await run(() => sendWebhook(operationId));
    void queries.invalidateQueries({ queryKey: ["runs", "detail", operationId] });
  };
  const deliveries = deliveriesOf(log ?? []);
  return (
    <section aria-label={t`Webhook`} className={styles["webhook"]}>
      <p>
        {[
          say(stateWords[state]),
          attempts > 0 &&
            (last_status === null
              ? t`${attemptCount(attempts)}, no answer.`
              : t`${attemptCount(attempts)}, last answer ${figure(last_status)}.`),
          due_at !== null && t`The next is due ${formatWhen(due_at, now)}.`,
        ]
          .filter((part) => part !== false)
          .join(" ")}
      </p>
      <RefusalText text={refusal} />
      {(state === "delivered" || state === "given_up") && (
        <Button disabled={busy} onClick={() => void again()}>
          <Icon name="retry" />
          {t`Send it again`}
        </Button>
      )}
      {deliveries.length > 0 && (
        <table>
          <caption className="visually-hidden">{t`Deliveries`}</caption>
          <thead>
            <tr>
              <th scope="col">{t`When`}</th>
              <th scope="col">{t`Attempt`}</th>
              <th scope="col">{t`What became of it`}</th>
            </tr>
          </thead>
          <tbody>
            {deliveries.map(({ at, number, words }, place) => (
              <tr key={`${at} ${place}`}>
                <td>{at === "" ? "" : <time dateTime={at}>{formatWhen(at, now)}</time>}</td>
                <td>{number}</td>
                <td lang="en" dir="auto">
                  {words}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className={styles["soft"]}>
        <Trans>
          Each attempt is a signed POST under one <code>webhook-id</code>; an answer of 2xx is a delivery, 410
          asks for no more.
        </Trans>
      </p>
    </section>
  );
}

interface Delivery {
  at: string;
  number: string;
  words: string;
}

/** What the run's log says of attempts, the newest first. */
export const deliveriesOf = (log: LogPage): Delivery[] =>
  log
    .filter(({ event }) => /^webhook (delivered|not delivered yet|given up)$/.test(event))
    .map(({ at = "", event, ...more }: LogRecord) => ({
      at,
      number: typeof more["attempts"] === "number" ? String(more["attempts"]) : "",
      words: [event.replace("webhook ", ""), more["reason"]]
        .filter((part): part is string => typeof part === "string")
        .join(": "),
    }))
    .reverse();
