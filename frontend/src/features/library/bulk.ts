/** What can be done with many runs at once, and with which of them. Pure. */
import { msg } from "@lingui/core/macro";
import type { Run } from "@/api/types";
import { type Words } from "@/lib/language";

export const DEEDS = ["download", "pin", "unpin", "retry", "cancel", "delete"] as const;
export type Deed = (typeof DEEDS)[number];

const active = ({ ended_at }: Run): boolean => ended_at === null;

const allowed: Readonly<Record<Deed, (run: Run) => boolean>> = {
  download: ({ status }) => status === "complete",
  pin: ({ pinned }) => !pinned,
  unpin: ({ pinned }) => pinned,
  retry: ({ status }) => status === "error" || status === "cancelled",
  cancel: active,
  delete: (run) => !active(run),
};

/** Those of the chosen runs with which it can be done. */
export const among = (deed: Deed, runs: readonly Run[]): Run[] => runs.filter(allowed[deed]);

export const deedWords: Readonly<Record<Deed, Words>> = {
  download: msg`Download`,
  pin: msg`Pin`,
  unpin: msg`Unpin`,
  retry: msg`Retry`,
  cancel: msg`Cancel`,
  delete: msg`Delete`,
};
