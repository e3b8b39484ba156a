import { useQuery } from "@tanstack/react-query";
import { getSpec } from "@/api/runs";
import type { StoredSpec } from "@/api/storedSpec";

/** What the run was made from, every default filled in. It never changes. */
export function useSpec(operationId: string) {
  return useQuery({
    queryKey: ["runs", "spec", operationId],
    queryFn: ({ signal }): Promise<StoredSpec> => getSpec(operationId, signal),
    staleTime: Infinity,
  });
}
