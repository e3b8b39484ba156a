import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { setPaused } from "@/api/runs";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAction } from "@/components/useAction";

/** For a run that waits: it stays in the queue and lets others pass, until it is let go. */
export function HoldButton(props: { operationId: string; paused: boolean }): ReactElement {
  const { operationId, paused } = props;
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
        title={paused ? "Let it have its turn" : "Keep its place, and let others pass"}
        onClick={() => void toggle()}
      >
        <Icon name={paused ? "play" : "pause"} />
        {paused ? "Resume" : "Pause"}
      </Button>
    </>
  );
}
