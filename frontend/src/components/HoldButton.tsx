import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { setPaused } from "@/api/runs";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAction } from "@/components/useAction";

/** For a run that waits: it stays in the queue and lets others pass, until it is let go. `of`: which run, where that is not plain. */
export function HoldButton(props: { operationId: string; paused: boolean; of?: string }): ReactElement {
  const { operationId, paused, of } = props;
  const word = paused ? t`Resume` : t`Pause`;
  const named = (which: string): string => (paused ? t`Resume ${which}` : t`Pause ${which}`);
  const { busy, refusal, run } = useAction();
  const queries = useQueryClient();
  const toggle = (): Promise<boolean> =>
    run(async () => {
      await setPaused(operationId, !paused);
      await queries.invalidateQueries({ queryKey: ["runs"] });
    });
  return (
    <>
      <RefusalText text={refusal} />
      <Button
        disabled={busy}
        aria-label={of === undefined ? undefined : named(of)}
        title={paused ? t`Let it have its turn` : t`Keep its place, and let others pass`}
        onClick={() => void toggle()}
      >
        <Icon name={paused ? "play" : "pause"} />
        {word}
      </Button>
    </>
  );
}
