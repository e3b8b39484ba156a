import type { ReactElement } from "react";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { formatDuration } from "@/lib/format";
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
const inWords = (seconds: number): string => (seconds < 60 ? `${seconds} s` : formatDuration(seconds));

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

/** `retryAt`: null while an attempt is under way. */
function Lost({ since, retryAt }: { since: number; retryAt: number | null }): ReactElement {
  const now = useNow(500);
  const feeds = useRunFeeds();
  const retry = retryAt === null ? "trying now …" : `trying again in ${inWords(seconds(retryAt - now))}.`;
  return (
    <Notice
      tone="warning"
      role="status"
      title="Not connected"
      actions={
        <Button
          disabled={retryAt === null}
          onClick={() => {
            feeds.retry();
          }}
        >
          Try now
        </Button>
      }
    >
      {/* It changes every second: a screen reader is told what does not. */}
      <p aria-hidden="true">
        Not connected for {inWords(seconds(now - since))}, {retry}
      </p>
      <p>What is shown is as it was then. How the run stands now is known when the server answers again.</p>
    </Notice>
  );
}
