import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useNow } from "@/lib/useNow";
import styles from "./Library.module.css";
import { Loading, NothingYet, NotLoaded } from "./ListStates";
import { Row } from "./Row";
import { useRuns } from "./useRuns";

const EVERYTHING = {};

/** The newest few, below something else. */
export function RecentRuns({ limit }: { limit: number }): ReactElement {
  const { data, error, isPending, refetch } = useRuns(EVERYTHING, limit);
  const now = useNow(10_000);
  const runs = data?.pages[0]?.runs ?? [];
  return (
    <section className={styles["list"]} aria-busy={isPending}>
      <div className={styles["head"]}>
        <h2 className={styles["heading"]}>{t`Recent runs`}</h2>
        {runs.length > 0 && <Link href="/runs">{t`All runs`}</Link>}
      </div>
      {error !== null && <NotLoaded error={error} onAgain={() => void refetch()} />}
      {isPending && <Loading />}
      {data !== undefined && runs.length === 0 && <NothingYet />}
      {runs.length > 0 && (
        <ul className={styles["rows"]}>
          {runs.map((run) => (
            <Row key={run.operation_id} run={run} now={now} />
          ))}
        </ul>
      )}
    </section>
  );
}
