import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import { cancelRun } from "@/api/runs";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAction } from "@/components/useAction";

interface Props {
  operationId: string;
  /** Undefined: whichever is under way. */
  attempt: number | undefined;
  /** There is nothing left to cancel. The button keeps its place: who is about to press it must not hit another. */
  ended: boolean;
  /** Instead of “Cancel”. */
  label?: string;
  /** Which run, where that is not plain. */
  of?: string;
}

/** Asks once; the stream tells when it happened. */
export function CancelButton(props: Props): ReactElement {
  const { refusal, run } = useAction();
  const [asked, setAsked] = useState(false);
  const cancel = async (): Promise<void> => {
    setAsked(true);
    setAsked(await run(() => cancelRun(props.operationId, props.attempt)));
  };
  return (
    <>
      <RefusalText text={refusal} />
      <Button
        tone="danger"
        aria-label={props.of === undefined ? undefined : t`Cancel ${props.of}`}
        disabled={asked || props.ended}
        onClick={() => void cancel()}
      >
        <Icon name="stop" />
        {asked && !props.ended ? t`Cancelling …` : (props.label ?? t`Cancel`)}
      </Button>
    </>
  );
}
