import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { isLanePaused } from "@/api/problems";
import { retryRun, runUrl } from "@/api/runs";
import { Button, type ButtonTone } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { type Action, useAction } from "@/components/useAction";
import { useRunFeeds } from "@/stream/useRun";

/** The same run goes on, here. */
export function RetryButton(props: { operationId: string; tone: ButtonTone }): ReactElement {
  const { operationId, tone } = props;
  const feeds = useRunFeeds();
  const action = useAction();
  const retry = (onBusy: "reject" | "queue"): void => {
    void action.run(async () => {
      await retryRun(operationId, onBusy);
      feeds.goOn(operationId);
    });
  };
  return (
    <>
      <Button
        tone={tone}
        disabled={action.busy}
        onClick={() => {
          retry("reject");
        }}
      >
        <Icon name="retry" />
        {action.busy ? t`Asking …` : t`Retry`}
      </Button>
      <InTheWay
        action={action}
        onQueue={() => {
          retry("queue");
        }}
      />
    </>
  );
}

/** Why it was refused; when another run is in the way, a link to that one and a place in the queue behind it. */
export function InTheWay({ action, onQueue }: { action: Action; onQueue: () => void }): ReactElement | null {
  const { refusal, problem, busy } = action;
  const other = problem?.active_operation_id ?? null;
  const canWait = problem !== null && (problem.reason === "in_flight" || isLanePaused(problem));
  return (
    <>
      <RefusalText text={refusal} />
      {canWait && (
        <Button disabled={busy} onClick={onQueue}>
          {t`Wait in the queue`}
        </Button>
      )}
      {other !== null && (
        <Link href={runUrl(other)} style={{ alignSelf: "center" }}>
          {t`See the run in the way`}
        </Link>
      )}
    </>
  );
}
