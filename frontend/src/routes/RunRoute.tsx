import type { ReactElement } from "react";
import { useLocation, useParams, useSearch } from "wouter";
import { runUrl } from "@/api/runs";
import { RunScreen } from "@/features/run/RunScreen";
import { readRunSearch } from "@/features/run/runSearch";
import { decoded, queryOf, searchOf } from "@/lib/paths";

export function RunRoute(): ReactElement {
  const { operationId: named } = useParams<{ operationId: string }>();
  const operationId = decoded(named);
  const search = readRunSearch(searchOf(useSearch()));
  const [, navigate] = useLocation();
  return (
    <RunScreen
      key={operationId}
      operationId={operationId}
      search={search}
      onSearch={(next, { replace = false } = {}) => {
        navigate(runUrl(operationId) + queryOf(next), { replace });
      }}
    />
  );
}
