import { type ReactElement, useState } from "react";
import { cancelRun } from "@/api/runs";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAction } from "@/components/useAction";

/** Asks once; the stream tells when it happened. */
export function CancelButton(props: { operationId: string; attempt: number }): ReactElement {
  const { refusal, run } = useAction();
  const [asked, setAsked] = useState(false);
  const cancel = async (): Promise<void> => {
    setAsked(true);
    setAsked(await run(() => cancelRun(props.operationId, props.attempt)));
  };
  return (
    <>
      <RefusalText text={refusal} />
      <Button tone="danger" disabled={asked} onClick={() => void cancel()}>
        <Icon name="stop" />
        {asked ? "Cancelling …" : "Cancel"}
      </Button>
    </>
  );
}
