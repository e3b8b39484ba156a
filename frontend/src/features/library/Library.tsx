import { t, plural } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactElement, useRef, useState } from "react";
import { Link } from "wouter";
import { explain } from "@/api/problems";
import { deleteRun, deleteRunOnLeaving } from "@/api/runs";
import type { Run } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { DeleteButton } from "@/components/DeleteButton";
import { LiveText } from "@/components/LiveText";
import { PinButton } from "@/components/PinButton";
import { RefusalText } from "@/components/Refusal";
import { useAccess } from "@/components/useAccess";
import { figure, runCount, titleOf } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import { BulkBar } from "./BulkBar";
import { FilterBar } from "./FilterBar";
import { amountOf, describe, type LibrarySearch } from "./filters";
import styles from "./Library.module.css";
import { Loading, NothingYet, NotLoaded } from "./ListStates";
import { Row } from "./Row";
import { useLater } from "./useLater";
import { LIBRARY_PAGE, useRuns } from "./useRuns";
import { useSelection } from "./useSelection";

interface Props {
  search: LibrarySearch;
  onSearch: (search: LibrarySearch, typing: boolean) => void;
}

/** Everything that was made here, to be searched, pinned and deleted. */
export function Library({ search, onSearch }: Props): ReactElement {
  const { data, error, isPending, isPlaceholderData, refetch, ...pages } = useRuns(
    search,
    LIBRARY_PAGE,
    true,
  );
  const now = useNow(10_000);
  const heading = useRef<HTMLHeadingElement>(null);
  const [deleted, setDeleted] = useState<string | null>(null);
  const queries = useQueryClient();
  const { token } = useAccess();
  const [refusal, setRefusal] = useState<string | null>(null);
  const removal = useLater<Run>(
    async (gone) => {
      const refusals = await deleteAll(gone);
      setRefusal(refusals);
      await queries.invalidateQueries({ queryKey: ["runs"] });
    },
    (gone) => {
      for (const run of gone) deleteRunOnLeaving(run.operation_id);
    },
  );
  const hidden = new Set(removal.pending.map(({ operation_id }) => operation_id));
  const runs = (data?.pages.flatMap((page) => page.runs) ?? []).filter(
    (run) => !hidden.has(run.operation_id),
  );
  const selection = useSelection(runs);
  const onDeleted = (run: Run): void => {
    setDeleted(t`Deleted ${nameOf(run)}`);
    heading.current?.focus(); // the button that had the focus is going away with its row
  };
  const counts = data?.pages[0]?.counts;
  const all = amountOf(search, counts);
  // while some are on their way out, or came meanwhile, what is seen is what counts
  const found =
    all !== null && all > runs.length && pages.hasNextPage
      ? t`${figure(runs.length)} of ${runCount(all)}`
      : pages.hasNextPage
        ? t`${runCount(runs.length)} and more`
        : runCount(runs.length);
  return (
    <section className={styles["list"]} aria-busy={isPending || isPlaceholderData}>
      <h1 ref={heading} tabIndex={-1} className={styles["heading"]}>
        {t`Runs`}
      </h1>
      <FilterBar
        search={search}
        counts={counts}
        onChange={(next, typing) => {
          setDeleted(null);
          onSearch(next, typing);
        }}
      />
      <LiveText text={deleted ?? (isPending ? "" : found)} />
      <RefusalText text={refusal} />
      {removal.pending.length > 0 && (
        <p className={styles["undo"]} role="status">
          {plural(removal.pending.length, { one: "# run deleted.", other: "# runs deleted." })}
          {removal.canUndo && (
            <Button
              autoFocus // the button that had the focus is going away with the bar
              onClick={() => {
                removal.undo();
                heading.current?.focus();
              }}
            >
              {t`Undo`}
            </Button>
          )}
        </p>
      )}
      {error !== null && <NotLoaded error={error} onAgain={() => void refetch()} />}
      {isPending && <Loading />}
      {data !== undefined && runs.length === 0 && !pages.hasNextPage && removal.pending.length === 0 && (
        <Nothing search={search} onSearch={onSearch} />
      )}
      {runs.length > 0 && (
        <ul className={styles["rows"]} data-stale={isPlaceholderData}>
          {runs.map((run) => (
            <Row
              key={run.operation_id}
              run={run}
              now={now}
              choose={
                <label className={styles["choose"]}>
                  <input
                    type="checkbox"
                    aria-label={t`Choose ${nameOf(run)}`}
                    checked={selection.ids.has(run.operation_id)}
                    onChange={({ target }) => {
                      selection.toggle(run.operation_id, target.checked);
                    }}
                  />
                </label>
              }
            >
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
      {selection.runs.length > 0 && (
        <BulkBar
          runs={selection.runs}
          shown={runs}
          canDownload={token === null}
          onAll={() => {
            selection.all(runs);
          }}
          onNone={selection.none}
          onDelete={(gone) => {
            setDeleted(null);
            removal.begin(gone);
            selection.none();
          }}
        />
      )}
      {runs.length > 0 && <p className={styles["facts"]}>{found}</p>}
      {pages.hasNextPage && (
        <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {pages.isFetchingNextPage
            ? t`Loading …`
            : search.sort === "oldest"
              ? t`Show newer runs`
              : t`Show older runs`}
        </Button>
      )}
    </section>
  );
}

/** What was refused, in words; null: nothing. One after the other: a server bounds what it takes at once. */
async function deleteAll(runs: readonly Run[]): Promise<string | null> {
  const refusals: string[] = [];
  for (const run of runs) {
    try {
      await deleteRun(run.operation_id);
    } catch (error) {
      refusals.push(t`${nameOf(run)} is still there: ${explain(error)}`);
    }
  }
  return refusals.length === 0 ? null : refusals.slice(0, 3).join(" ");
}

const nameOf = (run: Run): string => titleOf(run.title);

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
        <Link href="/" className={buttonClass("primary")}>
          {t`Start something`}
        </Link>
      </>
    );
  }
  return (
    <>
      <p className={styles["empty"]}>{t`No run matches: ${wanted}.`}</p>
      <Button
        onClick={() => {
          onSearch({}, false);
        }}
      >
        {t`Show all runs`}
      </Button>
    </>
  );
}
