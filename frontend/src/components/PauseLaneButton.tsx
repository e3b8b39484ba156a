import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { setLanePaused } from "@/api/lanes";
import type { Lane } from "@/api/types";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { RefusalText } from "./Refusal";
import { useAction } from "./useAction";

/** A lane is everybody's: on a server with tokens, only those with the scope `admin` may. */
export function PauseLaneButton({
  lane: { lane, paused },
}: {
  lane: Pick<Lane, "lane" | "paused">;
}): ReactElement {
  const { busy, refusal, run } = useAction();
  const queries = useQueryClient();
  const toggle = (): Promise<boolean> =>
    run(async () => {
      await setLanePaused(lane, !paused);
      await queries.invalidateQueries({ queryKey: ["runs"] });
    });
  return (
    <>
      <RefusalText text={refusal} />
      <Button
        aria-label={paused ? t`Resume lane ${lane}` : t`Pause lane ${lane}`}
        title={paused ? t`Let runs begin here again` : t`Let nothing begin here; what runs goes on`}
        disabled={busy}
        onClick={() => void toggle()}
      >
        <Icon name={paused ? "play" : "pause"} />
        {paused ? t`Resume` : t`Pause`}
      </Button>
    </>
  );
}
