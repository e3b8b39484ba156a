import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import { lanePausedWords, refusalTitle } from "@/api/problems";
import type { Problem } from "@/api/types";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { PauseLaneButton } from "@/components/PauseLaneButton";
import { useLanes } from "@/components/useLanes";
import { formatWhen } from "@/lib/format";
import { useNow } from "@/lib/useNow";

interface Props {
  problem: Problem;
  onAgain: () => void;
  /** The same again, in the queue of the lane. */
  onQueue: () => void;
  onDismiss: () => void;
}

/** The lane was paused, and is or is not any more. Only a person ends a pause: no time is promised. */
export function PausedCard({ problem, onAgain, onQueue, onDismiss }: Props): ReactElement {
  const goesOn = useGoesOn(problem);
  const now = useNow(10_000);
  if (goesOn)
    return (
      <Notice
        tone="good"
        role="alert"
        title={t`The lane goes on`}
        actions={
          <>
            <Button tone="primary" onClick={onAgain}>
              {t`Generate now`}
            </Button>
            <Button onClick={onDismiss}>{t`Close`}</Button>
          </>
        }
      >
        <p>{t`Somebody has resumed it. Your text is still here.`}</p>
      </Notice>
    );
  const { lane, paused_at } = problem;
  return (
    <Notice
      tone="warning"
      role="alert"
      title={refusalTitle(problem)}
      actions={
        <>
          <Button
            tone="primary"
            onClick={() => {
              onQueue();
            }}
          >
            {t`Wait in the queue`}
          </Button>
          {lane !== undefined && <PauseLaneButton lane={{ lane, paused: true }} />}
          <Button onClick={onAgain}>{t`Try again`}</Button>
          <Button onClick={onDismiss}>{t`Close`}</Button>
        </>
      }
    >
      <p>
        {lanePausedWords(problem)}{" "}
        {paused_at !== undefined && t`It was paused ${formatWhen(paused_at, now)}.`}
      </p>
      <p>
        {t`Resume the lane, or wait in its queue: yours begins when somebody resumes it. Your text stays here.`}
      </p>
    </Notice>
  );
}

/** Whether the server has said, since it refused, that the lane is paused no more. */
function useGoesOn({ lane: name }: Problem): boolean {
  const [refusedAt] = useState(() => Date.now());
  const { data, dataUpdatedAt } = useLanes();
  const lane = data?.find(({ lane }) => lane === name);
  return dataUpdatedAt > refusedAt && lane !== undefined && !lane.paused;
}
