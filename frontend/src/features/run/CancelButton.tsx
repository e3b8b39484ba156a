import { type ReactElement, useState } from "react";
import { cancelRun } from "@/api/client";
import { explain } from "@/api/problems";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import styles from "./CancelButton.module.css";

/** Asks once; the stream tells when it happened. */
export function CancelButton(props: { operationId: string; attempt: number }): ReactElement {
  const [asked, setAsked] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const cancel = async (): Promise<void> => {
    setAsked(true);
    setRefusal(null);
    try {
      await cancelRun(props.operationId, props.attempt);
    } catch (error) {
      setAsked(false);
      setRefusal(explain(error));
    }
  };
  return (
    <>
      {refusal !== null && (
        <p role="alert" className={styles["refusal"]}>
          {refusal}
        </p>
      )}
      <Button tone="danger" disabled={asked} onClick={() => void cancel()}>
        <Icon name="stop" />
        {asked ? "Cancelling …" : "Cancel"}
      </Button>
    </>
  );
}
