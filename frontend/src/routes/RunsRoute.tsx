import { t } from "@lingui/core/macro";
import type { QueryClient } from "@tanstack/react-query";
import { type ReactElement, useEffect } from "react";
import { useLocation, useSearch } from "wouter";
import { LaneStrip } from "@/features/lanes/LaneStrip";
import { readSearch } from "@/features/library/filters";
import { DiskUse } from "@/features/library/DiskUse";
import { keepSearch } from "@/features/library/lastSearch";
import { Library } from "@/features/library/Library";
import { LIBRARY_PAGE, runsQuery } from "@/features/library/useRuns";
import { WaitingLine } from "@/features/library/WaitingLine";
import { queryOf, searchOf } from "@/lib/paths";
import { useDocumentTitle } from "@/lib/useDocumentTitle";

/** The list, so that it is there when the screen is drawn. */
export const askRuns = (queries: QueryClient, search: string): Promise<unknown> =>
  queries.infiniteQuery(runsQuery(readSearch(searchOf(search)), LIBRARY_PAGE, true));

export function RunsRoute(): ReactElement {
  const search = readSearch(searchOf(useSearch()));
  const [, navigate] = useLocation();
  useDocumentTitle(t`Runs`);
  useEffect(() => {
    keepSearch(search);
  });
  return (
    <>
      <WaitingLine />
      <Library
        search={search}
        onSearch={(next, typing) => {
          navigate(`/runs${queryOf(next)}`, { replace: typing });
        }}
      />
      <DiskUse />
      <LaneStrip only="several" />
    </>
  );
}
