import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { useNow } from "@/lib/useNow";
import type { Connection } from "@/stream/connection";
import { useRunFeeds } from "@/stream/useRun";
import styles from "./ConnectionChip.module.css";
import { formatSeconds } from "@/lib/format";

/** Whether what is shown is how the run stands now. */
export function ConnectionChip(props: {
  operationId: string;
  connection: Connection;
  ended: boolean;
}): ReactElement {
  const { operationId, connection, ended } = props;
  const feeds = useRunFeeds();
  if (ended && connection.state === "closed") return <Chip state="ended">{t`Ended: this is all of it`}</Chip>;
  if (connection.state === "paused") {
    return (
      <Chip state="paused">
        {t`Paused by you`}{" "}
        <button
          type="button"
          onClick={() => {
            feeds.resume(operationId);
          }}
        >
          {t`Go on`}
        </button>
      </Chip>
    );
  }
  if (connection.state === "live") {
    return (
      <Chip state="live">
        {t`Live`}{" "}
        <button
          type="button"
          aria-label={t`Pause what is shown; the run goes on`}
          title={t`Pause what is shown; the run goes on`}
          onClick={() => {
            feeds.pause(operationId);
          }}
        >
          {t`Pause`}
        </button>
      </Chip>
    );
  }
  if (connection.state === "waiting") return <Waiting retryAt={connection.retryAt} />;
  return (
    <Chip state="lost">
      {connection.state === "connecting" && connection.failures > 0 ? t`Reconnecting …` : t`Connecting …`}
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
      <span aria-hidden="true">{t`Reconnecting in ${formatSeconds(seconds)}`}</span>
      <button
        type="button"
        aria-label={t`Reconnect now`}
        onClick={() => {
          feeds.retry();
        }}
      >
        {t`Now`}
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
