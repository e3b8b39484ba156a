import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { getLog } from "@/api/runs";
import type { LogPage } from "@/api/types";

const EVERY_MS = 1500; // arbitrary: a person reads no faster

/** The run's log so far. Each request asks for what is behind the lines that are there already. */
export function useRunLog(operationId: string, active: boolean, attempt: number) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ["log", operationId],
    queryFn: async ({ queryKey, signal }): Promise<LogPage> => {
      const before = queries.getQueryData<LogPage>(queryKey) ?? [];
      return [...before, ...(await getLog(operationId, before.length, signal))];
    },
    refetchInterval: active ? EVERY_MS : false,
  });
  // Once more at its end: the last lines were written after the last look.
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["log", operationId] });
  }, [queries, operationId, active, attempt]);
  return query;
}
