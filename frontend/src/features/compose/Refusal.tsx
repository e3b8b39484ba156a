import { t } from "@lingui/core/macro";
import { lazy, type ReactElement, Suspense, useEffect } from "react";
import { isLanePaused } from "@/api/problems";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import type { GenerateState } from "./useGenerate";

// Their code comes when the server has refused: it is there then, to be asked for it.
const BusyCard = lazy(async () => ({ default: (await import("./BusyCard")).BusyCard }));
const PausedCard = lazy(async () => ({ default: (await import("./PausedCard")).PausedCard }));
const Refused = lazy(async () => ({ default: (await import("./Refused")).Refused }));
const WrongFields = lazy(async () => ({ default: (await import("./Refused")).WrongFields }));

interface Props {
  state: GenerateState;
  onAgain: () => void;
  /** The same again, but behind whoever is in the way, or in its place. */
  onQueue: (how?: "queue" | "replace") => void;
  onDismiss: () => void;
  /** It is there to be read. */
  onShown: () => void;
}

/** Why nothing was started, and what to do about it. */
export function Refusal({ state, onAgain, onQueue, onDismiss, onShown }: Props): ReactElement | null {
  if (state.state === "unanswered")
    return (
      <>
        <Unanswered onAgain={onAgain} />
        <Shown onShown={onShown} />
      </>
    );
  if (state.state !== "refused") return null;
  const { problem } = state.error;
  const card = isLanePaused(problem) ? (
    <PausedCard key={problem.paused_at} {...{ problem, onAgain, onQueue, onDismiss }} />
  ) : problem.status === 409 ? (
    <BusyCard {...{ problem, onAgain, onQueue, onDismiss }} request={state.request} />
  ) : problem.status === 422 && problem.errors != null ? (
    <WrongFields errors={problem.errors} />
  ) : (
    <Refused {...{ problem, onAgain, onDismiss }} />
  );
  return (
    <Suspense fallback={null}>
      {card}
      <Shown onShown={onShown} />
    </Suspense>
  );
}

/** Tells when what stands beside it has come, its code included. */
function Shown({ onShown }: Pick<Props, "onShown">): null {
  useEffect(onShown, [onShown]);
  return null;
}

function Unanswered({ onAgain }: { onAgain: () => void }): ReactElement {
  return (
    <Notice
      tone="bad"
      role="alert"
      title={t`The server does not answer`}
      actions={
        <Button tone="primary" onClick={onAgain}>
          {t`Try again`}
        </Button>
      }
    >
      <p>
        {t`Check that it is running and that you are online. Trying again is safe: it cannot start the same run twice.`}
      </p>
    </Notice>
  );
}
