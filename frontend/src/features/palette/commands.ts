/** What the palette offers, and which of it matches what was typed. Pure. */
import { msg, t } from "@lingui/core/macro";
import type { Run } from "@/api/types";
import { titleOf } from "@/lib/format";
import { say, type Words } from "@/lib/language";

export interface Command {
  id: string;
  label: string;
  /** What kind of thing it is, in a word. */
  hint: string;
  /** A path of this page, or of the server where `external`. */
  to: string;
  external?: boolean;
}

const PLACES: readonly (Omit<Command, "label" | "hint"> & { label: Words; hint: Words })[] = [
  { id: "new", label: msg`New run`, hint: msg`Go to`, to: "/" },
  { id: "runs", label: msg`Runs`, hint: msg`Go to`, to: "/runs" },
  { id: "waiting", label: msg`Runs that wait`, hint: msg`Go to`, to: "/runs?status=queued" },
  { id: "failed", label: msg`Runs that failed`, hint: msg`Go to`, to: "/runs?status=error" },
  { id: "pinned", label: msg`Pinned runs`, hint: msg`Go to`, to: "/runs?pinned=1" },
  { id: "system", label: msg`Health and settings of the server`, hint: msg`Go to`, to: "/system" },
  { id: "docs", label: msg`Description of the API`, hint: msg`Open`, to: "/docs", external: true },
];

const PARTS = [
  ["slides", msg`Slides`],
  ["files", msg`Files`],
  ["timeline", msg`Timeline`],
  ["log", msg`Log`],
  ["source", msg`Source and settings`],
  ["api", "API"],
  ["compare", msg`Compare`],
] as const;

const places = (): Command[] =>
  PLACES.map(({ label, hint, ...place }) => ({ ...place, label: say(label), hint: say(hint) }));

/** Of the run whose screen is shown. */
export function partsOf(path: string): Command[] {
  const run = /^\/runs\/[^/]+$/.exec(path)?.[0];
  if (run === undefined) return [];
  return PARTS.map(([tab, label]) => ({
    id: `part-${tab}`,
    label: say(label),
    hint: t`This run`,
    to: tab === "slides" ? run : `${run}?tab=${tab}`,
  }));
}

export const commandOf = (run: Run): Command => ({
  id: run.operation_id,
  label: titleOf(run.title),
  hint: t`Run`,
  to: `/runs/${run.operation_id}`,
});

const presetOf = (name: string): Command => ({
  id: `preset-${name}`,
  label: name,
  hint: t`New run with this preset`,
  to: `/?preset=${encodeURIComponent(name)}`,
});

/** Those in which each word that was typed begins a word; then the runs, which the server has searched. */
export function matching(
  typed: string,
  path: string,
  runs: readonly Run[],
  presets: readonly string[] = [],
): Command[] {
  const wanted = typed
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  const here = [...partsOf(path), ...places(), ...presets.map(presetOf)].filter(({ label }) => {
    const words = label.toLowerCase().split(/\s+/u);
    return wanted.every((start) => words.some((word) => word.startsWith(start)));
  });
  return [...here, ...runs.map(commandOf)];
}
