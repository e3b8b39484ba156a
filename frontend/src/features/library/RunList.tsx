import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { listRuns } from "@/api/client";
import { explain } from "@/api/problems";
import type { Run } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { StatusPill } from "@/components/StatusPill";
import { count, formatDuration, formatWhen } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import styles from "./RunList.module.css";

const POLL_MS = 5000; // a list is a glance; a run's own screen is live

function useRuns(limit: number) {
  return useInfiniteQuery({
    queryKey: ["runs", limit],
    queryFn: ({ pageParam, signal }) => listRuns(pageParam, limit, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ runs }) => runs.some(isActive)) === true ? POLL_MS : false,
  });
}

const isActive = ({ status }: Run): boolean => status === "queued" || status === "running";

/** What is worth knowing at a glance, in words. */
function summary(run: Run): string {
  if (run.status === "running") return `${run.progress} %${run.stage === null ? "" : ` · ${run.stage}`}`;
  if (run.status === "error") return run.error?.code ?? "";
  const slides = run.result === null ? null : count(run.result.screenshot_count, "slide");
  const took = run.duration_s === null ? null : formatDuration(run.duration_s);
  return [slides, took].filter((part) => part !== null).join(" · ");
}

function Row({ run, now }: { run: Run; now: number }): ReactElement {
  return (
    <li className={styles["row"]}>
      <Link to="/runs/$operationId" params={{ operationId: run.operation_id }} className={styles["link"]}>
        <span className={styles["name"]}>{run.title ?? "Untitled run"}</span>
        <span className={styles["facts"]}>{summary(run)}</span>
        <time className={styles["when"]} dateTime={run.created_at}>
          {formatWhen(run.created_at, now)}
        </time>
        <StatusPill status={run.status} />
      </Link>
    </li>
  );
}

function Empty(): ReactElement {
  return <p className={styles["empty"]}>Nothing has been made yet. What you generate shows up here.</p>;
}

/** Runs of this server, newest first. */
export function RunList({ limit, paged = false }: { limit: number; paged?: boolean }): ReactElement {
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useRuns(limit);
  const now = useNow(10_000);
  const runs = data?.pages.flatMap((page) => page.runs) ?? [];
  const more = paged && hasNextPage;
  const Heading = paged ? "h1" : "h2";
  return (
    <section className={styles["list"]} aria-busy={isPending}>
      <div className={styles["head"]}>
        <Heading className={styles["heading"]}>{paged ? "Runs" : "Recent runs"}</Heading>
        {!paged && runs.length > 0 && <Link to="/runs">All runs</Link>}
      </div>
      {error !== null && (
        <Notice
          tone="bad"
          title="The list of runs could not be loaded"
          actions={<Button onClick={() => void refetch()}>Try again</Button>}
        >
          <p>{explain(error)}</p>
        </Notice>
      )}
      {isPending && <p className={styles["empty"]}>Loading …</p>}
      {data !== undefined && runs.length === 0 && <Empty />}
      {runs.length > 0 && (
        <ul className={styles["rows"]}>
          {runs.map((run) => (
            <Row key={run.operation_id} run={run} now={now} />
          ))}
        </ul>
      )}
      {more && (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? "Loading …" : "Show older runs"}
        </Button>
      )}
      {paged && data !== undefined && runs.length === 0 && (
        <Link to="/" className={buttonClass("primary")}>
          Start something
        </Link>
      )}
    </section>
  );
}
