/** What the palette offers, and which of it matches what was typed. Pure. */
import type { Run } from "@/api/types";
import { titleOf } from "@/lib/format";

export interface Command {
  id: string;
  label: string;
  /** What kind of thing it is, in a word. */
  hint: string;
  /** A path of this page, or of the server where `external`. */
  to: string;
  external?: boolean;
}

const PLACES: readonly Command[] = [
  { id: "new", label: "New run", hint: "Go to", to: "/" },
  { id: "runs", label: "Runs", hint: "Go to", to: "/runs" },
  { id: "waiting", label: "Runs that wait", hint: "Go to", to: "/runs?status=queued" },
  { id: "failed", label: "Runs that failed", hint: "Go to", to: "/runs?status=error" },
  { id: "pinned", label: "Pinned runs", hint: "Go to", to: "/runs?pinned=1" },
  { id: "system", label: "Health and settings of the server", hint: "Go to", to: "/system" },
  { id: "docs", label: "Description of the API", hint: "Open", to: "/docs", external: true },
];

const PARTS = [
  ["slides", "Slides"],
  ["files", "Files"],
  ["timeline", "Timeline"],
  ["log", "Log"],
  ["source", "Source and settings"],
  ["api", "API"],
] as const;

/** Of the run whose screen is shown. */
export function partsOf(path: string): Command[] {
  const run = /^\/runs\/[^/]+$/.exec(path)?.[0];
  if (run === undefined) return [];
  return PARTS.map(([tab, label]) => ({
    id: `part-${tab}`,
    label,
    hint: "This run",
    to: tab === "slides" ? run : `${run}?tab=${tab}`,
  }));
}

export const commandOf = (run: Run): Command => ({
  id: run.operation_id,
  label: titleOf(run.title),
  hint: "Run",
  to: `/runs/${run.operation_id}`,
});

const presetOf = (name: string): Command => ({
  id: `preset-${name}`,
  label: name,
  hint: "New run with this preset",
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
  const here = [...partsOf(path), ...PLACES, ...presets.map(presetOf)].filter(({ label }) => {
    const words = label.toLowerCase().split(/\s+/u);
    return wanted.every((start) => words.some((word) => word.startsWith(start)));
  });
  return [...here, ...runs.map(commandOf)];
}
