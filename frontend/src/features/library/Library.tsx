import { Link } from "@tanstack/react-router";
import { type ReactElement, useRef, useState } from "react";
import type { Run } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { DeleteButton } from "@/components/DeleteButton";
import { LiveText } from "@/components/LiveText";
import { PinButton } from "@/components/PinButton";
import { count } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import { FilterBar } from "./FilterBar";
import { describe, type LibrarySearch } from "./filters";
import styles from "./Library.module.css";
import { Loading, NothingYet, NotLoaded } from "./ListStates";
import { Row } from "./Row";
import { useRuns } from "./useRuns";

const PAGE = 25;

interface Props {
  search: LibrarySearch;
  onSearch: (search: LibrarySearch, typing: boolean) => void;
}

/** Everything that was made here, to be searched, pinned and deleted. */
export function Library({ search, onSearch }: Props): ReactElement {
  const { data, error, isPending, isPlaceholderData, refetch, ...pages } = useRuns(search, PAGE);
  const now = useNow(10_000);
  const heading = useRef<HTMLHeadingElement>(null);
  const [deleted, setDeleted] = useState<string | null>(null);
  const runs = data?.pages.flatMap((page) => page.runs) ?? [];
  const onDeleted = (run: Run): void => {
    setDeleted(`Deleted ${nameOf(run)}`);
    heading.current?.focus(); // the button that had the focus is going away with its row
  };
  const found = `${count(runs.length, "run")}${pages.hasNextPage ? " and more" : ""}`;
  return (
    <section className={styles["list"]} aria-busy={isPending || isPlaceholderData}>
      <h1 ref={heading} tabIndex={-1} className={styles["heading"]}>
        Runs
      </h1>
      <FilterBar
        search={search}
        onChange={(next, typing) => {
          setDeleted(null);
          onSearch(next, typing);
        }}
      />
      <LiveText text={deleted ?? (isPending ? "" : found)} />
      {error !== null && <NotLoaded error={error} onAgain={() => void refetch()} />}
      {isPending && <Loading />}
      {data !== undefined && runs.length === 0 && <Nothing search={search} onSearch={onSearch} />}
      {runs.length > 0 && (
        <ul className={styles["rows"]} data-stale={isPlaceholderData}>
          {runs.map((run) => (
            <Row key={run.operation_id} run={run} now={now}>
              <Actions
                run={run}
                onDeleted={() => {
                  onDeleted(run);
                }}
              />
            </Row>
          ))}
        </ul>
      )}
      {pages.hasNextPage && (
        <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {pages.isFetchingNextPage ? "Loading …" : "Show older runs"}
        </Button>
      )}
    </section>
  );
}

const nameOf = (run: Run): string => run.title ?? "Untitled run";

function Actions({ run, onDeleted }: { run: Run; onDeleted: () => void }): ReactElement {
  const title = nameOf(run);
  const what = {
    operationId: run.operation_id,
    title,
    pinned: run.pinned,
    slides: run.result?.screenshot_count ?? 0,
    folder: run.result?.folder ?? null,
  };
  return (
    <>
      <PinButton operationId={run.operation_id} title={title} pinned={run.pinned} compact />
      {run.ended_at !== null && <DeleteButton what={what} compact onDeleted={onDeleted} />}
    </>
  );
}

/** An empty list, and why it is empty. */
function Nothing({ search, onSearch }: Props): ReactElement {
  const wanted = describe(search);
  if (wanted === "") {
    return (
      <>
        <NothingYet />
        <Link to="/" className={buttonClass("primary")}>
          Start something
        </Link>
      </>
    );
  }
  return (
    <>
      <p className={styles["empty"]}>No run matches: {wanted}.</p>
      <Button
        onClick={() => {
          onSearch({}, false);
        }}
      >
        Show all runs
      </Button>
    </>
  );
}
