import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { RunDetail } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { DeleteButton } from "@/components/DeleteButton";
import { PinButton } from "@/components/PinButton";
import { StatusPill } from "@/components/StatusPill";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import { useRunFeeds } from "@/stream/useRun";
import { AgainButton } from "./AgainButton";
import { CancelButton } from "./CancelButton";
import { HoldButton } from "./HoldButton";
import styles from "./RunScreen.module.css";

interface Props {
  view: RunView;
  /** Undefined until it is known: then the buttons that need it are not there yet. */
  detail: RunDetail | undefined;
  /** The server is not heard. */
  stale?: boolean;
}

/** What run this is, how it stands, and what can be done with it. */
export function RunHeader({ view, detail, stale = false }: Props): ReactElement {
  const origin = detail?.rerender_of ?? null;
  return (
    <header className={styles["head"]}>
      <div className={styles["name"]}>
        <h1 dir="auto">{view.title ?? "Untitled run"}</h1>
        {view.status !== null && <StatusPill status={view.status} stale={stale} />}
        {origin !== null && (
          <Link to="/runs/$operationId" params={{ operationId: origin }}>
            Made from an earlier run
          </Link>
        )}
      </div>
      <div className={styles["actions"]}>
        {hasEnded(view.status) ? (
          <Ended view={view} detail={detail} />
        ) : (
          <Active view={view} detail={detail} />
        )}
      </div>
    </header>
  );
}

function Active({ view, detail }: Props): ReactElement {
  const { operationId, status, attempt } = view;
  return (
    <>
      {status === "queued" && detail !== undefined && (
        <HoldButton operationId={operationId} paused={detail.paused} />
      )}
      <CancelButton operationId={operationId} attempt={attempt} />
    </>
  );
}

function Ended({ view, detail }: Props): ReactElement {
  const feeds = useRunFeeds();
  const navigate = useNavigate();
  const { operationId, result } = view;
  const title = view.title ?? "Untitled run";
  const pinned = detail?.pinned ?? false;
  const what = {
    operationId,
    title,
    pinned,
    slides: result?.screenshot_count ?? 0,
    folder: result?.folder ?? null,
  };
  return (
    <>
      {view.status === "complete" && <AgainButton operationId={operationId} />}
      {detail !== undefined && <PinButton operationId={operationId} title={title} pinned={pinned} />}
      <DeleteButton
        what={what}
        onDeleted={() => {
          feeds.forget(operationId);
          void navigate({ to: "/runs" });
        }}
      />
      <Link to="/" className={buttonClass()}>
        New run
      </Link>
    </>
  );
}
