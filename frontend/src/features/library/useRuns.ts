import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { listRuns } from "@/api/runs";
import type { Run } from "@/api/types";
import { type LibrarySearch, toFilter } from "./filters";

const ACTIVE_MS = 5000; // a list is a glance; a run's own screen is live
const QUIET_MS = 30_000; // somebody else may have begun something

/** What was asked for ahead of the page (routes/RunsRoute.tsx) is not asked for again by it. */
const FRESH_MS = 500;

const isActive = ({ status }: Run): boolean => status === "queued" || status === "running";

/** How many runs the library shows first. */
export const LIBRARY_PAGE = 25;

/** Runs of this caller, page by page; the first page with how many there are of each status, where `counts`. */
export const runsQuery = (search: LibrarySearch, limit: number, counts = false) =>
  infiniteQueryOptions({
    queryKey: ["runs", "list", limit, search],
    queryFn: ({ pageParam, signal }) =>
      listRuns(toFilter(search, Date.now()), pageParam, limit, signal, {
        counts: counts && pageParam === null,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: FRESH_MS,
  });

export const useRuns = (search: LibrarySearch, limit: number, counts = false) =>
  useInfiniteQuery({
    ...runsQuery(search, limit, counts),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ runs }) => runs.some(isActive)) === true ? ACTIVE_MS : QUIET_MS,
  });
