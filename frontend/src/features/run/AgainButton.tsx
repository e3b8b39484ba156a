import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactElement, useState } from "react";
import { explain } from "@/api/problems";
import { getSpec, runUrl } from "@/api/runs";
import type { RerenderRequest } from "@/api/types";
import { Button } from "@/components/Button";
import { Dialog, DialogActions } from "@/components/Dialog";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAction } from "@/components/useAction";
import { newKey } from "@/lib/newKey";
import { startRun } from "@/stream/startRun";
import { useRunFeeds } from "@/stream/useRun";
import { AgainForm } from "./AgainForm";
import { InTheWay } from "./RetryButton";

/** "Make it again with …": a new run from the same document, without asking the AI again. */
export function AgainButton({ operationId }: { operationId: string }): ReactElement {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        onClick={() => {
          setOpen(true);
        }}
      >
        <Icon name="retry" />
        Make again with …
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
  const { data: spec, error } = useQuery({
    queryKey: ["runs", "spec", operationId],
    queryFn: ({ signal }) => getSpec(operationId, signal),
    staleTime: Infinity,
  });
  const { action, start } = useAgain(operationId);
  const [asked, setAsked] = useState<RerenderRequest>({});
  return (
    <Dialog title="Make it again with …" onClose={onClose}>
      <p>A new run from the same document: nothing is written anew. This one stays as it is.</p>
      {error !== null && <RefusalText text={explain(error)} />}
      {spec === undefined && error === null && <p role="status">Asking how it was made …</p>}
      {spec === undefined ? (
        <DialogActions>
          <Button onClick={onClose}>Close</Button>
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

/** Starts the new run and goes there. One dialog is one intention: a second press cannot start a second run. */
function useAgain(operationId: string) {
  const action = useAction();
  const feeds = useRunFeeds();
  const navigate = useNavigate();
  const [keys] = useState(() => new Map<string, string>());
  const start = (body: RerenderRequest): void => {
    const text = JSON.stringify(body);
    const idempotencyKey = keys.get(text) ?? newKey();
    keys.set(text, idempotencyKey);
    void action.run(async () => {
      const started = await startRun(body, { idempotencyKey, url: `${runUrl(operationId)}/rerender` });
      feeds.adopt(started);
      await navigate({ to: "/runs/$operationId", params: { operationId: started.operationId } });
    });
  };
  return { action, start };
}
