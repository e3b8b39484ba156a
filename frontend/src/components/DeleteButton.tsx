import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import { flushSync } from "react-dom";
import { deleteRun } from "@/api/runs";
import { Trans } from "@lingui/react/macro";
import { slideCount } from "@/lib/format";
import { Button } from "./Button";
import { Dialog, DialogActions } from "./Dialog";
import { Icon } from "./Icon";
import { RefusalText } from "./Refusal";
import { useAction } from "./useAction";

export interface Deletable {
  operationId: string;
  title: string;
  pinned: boolean;
  slides: number;
  /** The batch folder; null where there is none. */
  folder: string | null;
}

interface Props {
  what: Deletable;
  compact?: boolean;
  /** It waits or runs: first it has to be cancelled. */
  active?: boolean;
  onDeleted: () => void;
}

/** Asks first, saying what goes. */
export function DeleteButton({ what, compact = false, active = false, onDeleted }: Props): ReactElement {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        aria-label={t`Delete ${what.title} …`}
        title={active ? t`It can be deleted once it has ended` : t`Delete …`}
        disabled={active}
        onClick={() => {
          setAsking(true);
        }}
      >
        <Icon name="trash" />
        {!compact && t`Delete …`}
      </Button>
      {asking && (
        <Confirm
          what={what}
          onDeleted={onDeleted}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </>
  );
}

function Confirm(props: { what: Deletable; onDeleted: () => void; onClose: () => void }): ReactElement {
  const { what, onDeleted, onClose } = props;
  const { busy, refusal, run } = useAction();
  const queries = useQueryClient();
  const confirm = async (): Promise<void> => {
    if (!(await run(() => deleteRun(what.operationId)))) return;
    flushSync(onClose); // first the dialog gives the focus back; then it may be taken elsewhere
    onDeleted();
    void queries.invalidateQueries({ queryKey: ["runs"], refetchType: "active" });
  };
  return (
    <Dialog title={t`Delete “${what.title}”?`} onClose={onClose}>
      <p>{t`This goes from the server, for good:`}</p>
      <ul>
        {what.folder !== null && (
          <li>
            {what.slides > 0 ? (
              <Trans>
                its folder <code dir="ltr">{what.folder}</code> with {slideCount(what.slides)} and every
                export
              </Trans>
            ) : (
              <Trans>
                its folder <code dir="ltr">{what.folder}</code>
              </Trans>
            )}
          </li>
        )}
        <li>{t`its place in the list, its events and its log`}</li>
      </ul>
      {what.pinned && <p>{t`It is pinned: somebody wanted to keep it.`}</p>}
      <p>{t`What you have downloaded stays where it is.`}</p>
      <RefusalText text={refusal} />
      <DialogActions>
        <Button autoFocus onClick={onClose}>
          {t`Keep it`}
        </Button>
        <Button tone="danger" disabled={busy} onClick={() => void confirm()}>
          <Icon name="trash" />
          {busy ? t`Deleting …` : t`Delete`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
