import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import { Link, useLocation } from "wouter";
import { runUrl } from "@/api/runs";
import type { RunDetail } from "@/api/types";
import { DeleteButton } from "@/components/DeleteButton";
import { PinButton } from "@/components/PinButton";
import { StatusPill } from "@/components/StatusPill";
import type { Connection } from "@/stream/connection";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import { useRunFeeds } from "@/stream/useRun";
import { AgainButton } from "./AgainButton";
import { CancelButton } from "@/components/CancelButton";
import { ConnectionChip } from "./ConnectionChip";
import { EditLink } from "./EditLink";
import { HoldButton } from "@/components/HoldButton";
import { TellMe } from "./TellMe";
import styles from "./RunScreen.module.css";
import { titleOf } from "@/lib/format";

interface Props {
  view: RunView;
  /** Undefined until it is known: then the buttons that need it are not there yet. */
  detail: RunDetail | undefined;
  connection: Connection;
  /** The server is not heard. */
  stale?: boolean;
}

/** What run this is, how it stands, and what can be done with it. */
export function RunHeader({ view, detail, connection, stale = false }: Props): ReactElement {
  const origin = detail?.rerender_of ?? null;
  return (
    <header className={styles["head"]}>
      <div className={styles["name"]}>
        <h1 dir="auto">{titleOf(view.title)}</h1>
        {view.status !== null && <StatusPill status={view.status} stale={stale} />}
        <ConnectionChip
          operationId={view.operationId}
          connection={connection}
          ended={hasEnded(view.status)}
        />
        {origin !== null && <Link href={runUrl(origin)}>{t`Made from an earlier run`}</Link>}
      </div>
      <Actions view={view} detail={detail} />
    </header>
  );
}

/** Each button stays where it is from the first look to the last: what cannot be done now is only disabled. */
function Actions({ view, detail }: Pick<Props, "view" | "detail">): ReactElement {
  const feeds = useRunFeeds();
  const [, navigate] = useLocation();
  const { operationId, status, attempt, result } = view;
  const ended = hasEnded(status);
  const [seenActive, setSeenActive] = useState(!ended);
  if (!ended && !seenActive) setSeenActive(true);
  const title = titleOf(view.title);
  const pinned = detail?.pinned ?? false;
  const slides = result?.screenshot_count ?? 0;
  const what = { operationId, title, pinned, slides, folder: result?.folder ?? null };
  // what did not succeed has these two in the card that says why
  const again = status !== "error" && status !== "cancelled";
  return (
    <div className={styles["actions"]}>
      {seenActive && <CancelButton key={attempt} operationId={operationId} attempt={attempt} ended={ended} />}
      {status === "queued" && detail !== undefined && (
        <HoldButton operationId={operationId} paused={detail.paused} />
      )}
      {again && <EditLink operationId={operationId} />}
      {again && <AgainButton operationId={operationId} ready={status === "complete"} />}
      {detail !== undefined && <PinButton operationId={operationId} title={title} pinned={pinned} />}
      <DeleteButton
        what={what}
        active={!ended}
        onDeleted={() => {
          feeds.forget(operationId);
          navigate("/runs");
        }}
      />
      <TellMe view={view} />
    </div>
  );
}
