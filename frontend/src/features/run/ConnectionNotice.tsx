import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { formatDuration, formatSeconds } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import { type Connection, lostSince } from "@/stream/connection";
import { useRunFeeds } from "@/stream/useRun";

/** Says when what is on the screen may be out of date, and no more than is known. */
export function ConnectionNotice({ connection }: { connection: Connection }): ReactElement | null {
  const since = lostSince(connection);
  if (since === null) return null;
  return <Lost since={since} retryAt={connection.state === "waiting" ? connection.retryAt : null} />;
}

/** It ticks: whole seconds, so that the width stays put. */
const inWords = (seconds: number): string =>
  seconds < 60 ? formatSeconds(seconds) : formatDuration(seconds);

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

/** `retryAt`: null while an attempt is under way. */
function Lost({ since, retryAt }: { since: number; retryAt: number | null }): ReactElement {
  const now = useNow(500);
  const feeds = useRunFeeds();
  const lost = inWords(seconds(now - since));
  return (
    <Notice
      tone="warning"
      role="status"
      title={t`Not connected`}
      actions={
        <Button
          disabled={retryAt === null}
          onClick={() => {
            feeds.retry();
          }}
        >
          {t`Try now`}
        </Button>
      }
    >
      {/* It changes every second: a screen reader is told what does not. */}
      <p aria-hidden="true">
        {retryAt === null
          ? t`Not connected for ${lost}, trying now …`
          : t`Not connected for ${lost}, trying again in ${inWords(seconds(retryAt - now))}.`}
      </p>
      <p>{t`What is shown is as it was then. How the run stands now is known when the server answers again.`}</p>
    </Notice>
  );
}
