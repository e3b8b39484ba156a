import type { ReactElement } from "react";
import { Notice } from "@/components/Notice";
import type { Connection } from "@/stream/followRun";

/** Says when what is on the screen may be out of date. */
export function ConnectionNotice({ connection }: { connection: Connection }): ReactElement | null {
  if (connection.state === "live" || connection.state === "closed" || connection.failures === 0) return null;
  return (
    <Notice tone="warning" role="status" title="The connection is lost">
      <p>
        {connection.failures === 1 ? "Reconnecting" : `Reconnecting (attempt ${connection.failures})`} … The
        run goes on without this page; nothing is lost.
      </p>
    </Notice>
  );
}
