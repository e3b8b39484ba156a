import { t, plural } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import { Link } from "wouter";
import { cancelRun, retryRun, runUrl, setPinned } from "@/api/runs";
import { explain } from "@/api/problems";
import type { Run } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { RefusalText } from "@/components/Refusal";
import { figure, titleOf } from "@/lib/format";
import { queryOf } from "@/lib/paths";
import { among, type Deed, DEEDS, deedWords } from "./bulk";
import styles from "./BulkBar.module.css";
import { say } from "@/lib/language";

interface Props {
  runs: readonly Run[];
  /** All that the list shows. */
  shown: readonly Run[];
  /** Files go by links of the browser's own: not where each has to be asked for with a token. */
  canDownload: boolean;
  onAll: () => void;
  onNone: () => void;
  onDelete: (runs: readonly Run[]) => void;
}

/** One after the other: what a server would refuse of many at once it does not. */
const acts: Readonly<Record<Exclude<Deed, "download" | "delete">, (run: Run) => Promise<unknown>>> = {
  pin: ({ operation_id }) => setPinned(operation_id, true),
  unpin: ({ operation_id }) => setPinned(operation_id, false),
  retry: ({ operation_id }) => retryRun(operation_id, "queue"),
  cancel: ({ operation_id, attempt }) => cancelRun(operation_id, attempt),
};

/** What can be done with the runs that are chosen. */
export function BulkBar({ runs, shown, canDownload, onAll, onNone, onDelete }: Props): ReactElement {
  const queries = useQueryClient();
  const [state, setState] = useState<{ doing: Deed | null; refusal: string | null }>({
    doing: null,
    refusal: null,
  });
  const act = async (deed: Deed): Promise<void> => {
    const those = among(deed, runs);
    if (deed === "delete") {
      onDelete(those);
      return;
    }
    if (deed === "download") {
      download(those);
      return;
    }
    setState({ doing: deed, refusal: null });
    const refusals: string[] = [];
    for (const run of those) {
      try {
        await acts[deed](run);
      } catch (error) {
        refusals.push(`${titleOf(run.title)}: ${explain(error)}`);
      }
    }
    setState({ doing: null, refusal: refusals.length === 0 ? null : refusals.slice(0, 3).join(" ") });
    await queries.invalidateQueries({ queryKey: ["runs"] });
  };
  return (
    <div className={styles["bar"]} data-sticky="foot" role="group" aria-label={t`With the chosen runs`}>
      <strong role="status">{plural(runs.length, { one: "# run chosen", other: "# runs chosen" })}</strong>
      {DEEDS.filter((deed) => deed !== "download" || canDownload).map((deed) => {
        const { length } = among(deed, runs);
        if (length === 0) return null;
        return (
          <Button
            key={deed}
            tone={deed === "delete" || deed === "cancel" ? "danger" : "plain"}
            disabled={state.doing !== null}
            onClick={() => void act(deed)}
          >
            {state.doing === deed ? "…" : say(deedWords[deed])}
            {length < runs.length && ` ${figure(length)}`}
          </Button>
        );
      })}
      {runs.length === 2 && <Compare runs={runs} />}
      <span className={styles["choose"]}>
        {runs.length < shown.length && <Button onClick={onAll}>{t`All ${figure(shown.length)}`}</Button>}
        <Button onClick={onNone}>{t`None`}</Button>
      </span>
      <RefusalText text={state.refusal} />
    </div>
  );
}

/** The newer beside the older, where both have something to be looked at. */
function Compare({ runs }: { runs: readonly Run[] }): ReactElement | null {
  const [older, newer] = [...runs].sort((a, b) => a.created_at.localeCompare(b.created_at));
  if (older?.status !== "complete" || newer?.status !== "complete") return null;
  return (
    <Link
      href={runUrl(newer.operation_id) + queryOf({ tab: "compare", with: older.operation_id })}
      className={buttonClass()}
    >
      {t`Compare`}
    </Link>
  );
}

const BETWEEN_DOWNLOADS_MS = 400; // a browser drops links that are followed at once

function download(runs: readonly Run[]): void {
  runs.forEach(({ operation_id }, place) => {
    setTimeout(() => {
      const link = document.createElement("a");
      link.href = `${runUrl(operation_id)}/archive.zip`;
      link.download = "";
      link.click();
    }, place * BETWEEN_DOWNLOADS_MS);
  });
}
