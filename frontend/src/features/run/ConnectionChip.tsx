import type { ReactElement } from "react";
import { useNow } from "@/lib/useNow";
import type { Connection } from "@/stream/connection";
import { useRunFeeds } from "@/stream/useRun";
import styles from "./ConnectionChip.module.css";

/** Whether what is shown is how the run stands now. */
export function ConnectionChip(props: {
  operationId: string;
  connection: Connection;
  ended: boolean;
}): ReactElement {
  const { operationId, connection, ended } = props;
  const feeds = useRunFeeds();
  if (ended && connection.state === "closed") return <Chip state="ended">Ended: this is all of it</Chip>;
  if (connection.state === "paused") {
    return (
      <Chip state="paused">
        Paused by you{" "}
        <button
          type="button"
          onClick={() => {
            feeds.resume(operationId);
          }}
        >
          Go on
        </button>
      </Chip>
    );
  }
  if (connection.state === "live") {
    return (
      <Chip state="live">
        Live{" "}
        <button
          type="button"
          aria-label="Pause what is shown; the run goes on"
          title="Pause what is shown; the run goes on"
          onClick={() => {
            feeds.pause(operationId);
          }}
        >
          Pause
        </button>
      </Chip>
    );
  }
  if (connection.state === "waiting") return <Waiting retryAt={connection.retryAt} />;
  return (
    <Chip state="lost">
      {connection.state === "connecting" && connection.failures > 0 ? "Reconnecting …" : "Connecting …"}
    </Chip>
  );
}

/** It ticks: a screen reader is told by the notice, which says what does not change. */
function Waiting({ retryAt }: { retryAt: number }): ReactElement {
  const now = useNow(500);
  const feeds = useRunFeeds();
  const seconds = Math.max(0, Math.round((retryAt - now) / 1000));
  return (
    <Chip state="lost">
      <span aria-hidden="true">Reconnecting in {seconds} s</span>
      <button
        type="button"
        aria-label="Reconnect now"
        onClick={() => {
          feeds.retry();
        }}
      >
        Now
      </button>
    </Chip>
  );
}

function Chip(props: { state: string; children: React.ReactNode }): ReactElement {
  return (
    <span className={styles["chip"]} data-state={props.state}>
      {props.children}
    </span>
  );
}
