import { useState } from "react";
import type { Run } from "@/api/types";

export interface Selection {
  ids: ReadonlySet<string>;
  toggle: (id: string, chosen: boolean) => void;
  all: (runs: readonly Run[]) => void;
  none: () => void;
}

/** Which runs are chosen; one that is no longer in the list is not. */
export function useSelection(shown: readonly Run[]): Selection & { runs: Run[] } {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const runs = shown.filter(({ operation_id }) => ids.has(operation_id));
  return {
    runs,
    ids: new Set(runs.map(({ operation_id }) => operation_id)),
    toggle: (id, chosen) => {
      setIds((before) => {
        const next = new Set(before);
        if (chosen) next.add(id);
        else next.delete(id);
        return next;
      });
    },
    all: (every) => {
      setIds(new Set(every.map(({ operation_id }) => operation_id)));
    },
    none: () => {
      setIds(new Set());
    },
  };
}
