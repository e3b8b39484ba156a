import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { setPinned } from "@/api/runs";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { RefusalText } from "./Refusal";
import { useAction } from "./useAction";

interface Props {
  operationId: string;
  title: string;
  pinned: boolean;
  /** Only the picture is shown; the words are read out. */
  compact?: boolean;
}

/** A pinned run is not removed when old runs are. */
export function PinButton({ operationId, title, pinned, compact = false }: Props): ReactElement {
  const { busy, refusal, run } = useAction();
  const queries = useQueryClient();
  const toggle = (): Promise<boolean> =>
    run(async () => {
      await setPinned(operationId, !pinned);
      await queries.invalidateQueries({ queryKey: ["runs"] });
    });
  const word = pinned ? t`Unpin` : t`Pin`;
  return (
    <>
      <RefusalText text={refusal} />
      <Button
        aria-label={pinned ? t`Unpin ${title}` : t`Pin ${title}`}
        title={pinned ? t`Pinned: kept when old runs are removed` : t`Keep it when old runs are removed`}
        disabled={busy}
        onClick={() => void toggle()}
      >
        <Icon name="pin" filled={pinned} />
        {!compact && word}
      </Button>
    </>
  );
}
