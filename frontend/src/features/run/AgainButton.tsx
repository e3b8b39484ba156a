import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import { explain } from "@/api/problems";
import type { RerenderRequest } from "@/api/types";
import { Button } from "@/components/Button";
import { Dialog, DialogActions } from "@/components/Dialog";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { AgainForm } from "./AgainForm";
import { InTheWay } from "./RetryButton";
import { useAgain } from "./useAgain";
import { useSpec } from "./useSpec";

/** "Make it again with …", `ready` as soon as there is a document: a new run from the same document, without asking the AI again. */
export function AgainButton(props: { operationId: string; ready: boolean }): ReactElement {
  const { operationId, ready } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        disabled={!ready}
        title={ready ? undefined : t`As soon as it is complete`}
        onClick={() => {
          setOpen(true);
        }}
      >
        <Icon name="retry" />
        {t`Make again with …`}
      </Button>
      {open && (
        <AgainDialog
          operationId={operationId}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}

function AgainDialog({ operationId, onClose }: { operationId: string; onClose: () => void }): ReactElement {
  const { data: spec, error } = useSpec(operationId);
  const { action, start } = useAgain(operationId);
  const [asked, setAsked] = useState<RerenderRequest>({});
  return (
    <Dialog title={t`Make it again with …`} onClose={onClose}>
      <p>{t`A new run from the same document: nothing is written anew. This one stays as it is.`}</p>
      {error !== null && <RefusalText text={explain(error)} />}
      {spec === undefined && error === null && <p role="status">{t`Asking how it was made …`}</p>}
      {spec === undefined ? (
        <DialogActions>
          <Button onClick={onClose}>{t`Close`}</Button>
        </DialogActions>
      ) : (
        <AgainForm
          spec={spec}
          busy={action.busy}
          errors={action.problem?.errors ?? []}
          onClose={onClose}
          onSubmit={(body) => {
            setAsked(body);
            start(body);
          }}
        >
          <InTheWay
            action={action}
            onQueue={() => {
              start({ ...asked, on_busy: "queue" });
            }}
          />
        </AgainForm>
      )}
    </Dialog>
  );
}
