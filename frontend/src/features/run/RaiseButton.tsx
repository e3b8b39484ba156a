import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { MOST_SLIDES } from "@/api/choices";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { InTheWay } from "./RetryButton";
import { useAgain } from "./useAgain";
import { figure } from "@/lib/format";

/** All of a document that was cut off, in a new run; the pictures that there are need not be taken again. */
export function RaiseButton({ operationId }: { operationId: string }): ReactElement {
  const { action, start } = useAgain(operationId);
  const body = { max_screenshots: MOST_SLIDES };
  return (
    <>
      <Button
        disabled={action.busy}
        onClick={() => {
          start(body);
        }}
      >
        <Icon name="play" />
        {action.busy ? t`Sending …` : t`Raise the limit to ${figure(MOST_SLIDES)} and go on`}
      </Button>
      <InTheWay
        action={action}
        onQueue={() => {
          start({ ...body, on_busy: "queue" });
        }}
      />
    </>
  );
}
