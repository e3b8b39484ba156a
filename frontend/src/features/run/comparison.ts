/** What differs between two runs. Pure. */
import type { RunResult } from "@/api/types";
import type { StoredSpec } from "@/api/storedSpec";

/** The slides of both, as they stand beside each other; undefined: the other has none there. */
export interface Pair {
  left: number | undefined;
  right: number | undefined;
  same: boolean;
}

/** What the file `manifest.json` of a run says of each file. */
export interface Manifest {
  files: readonly { name: string; sha256: string }[];
}

/** What each slide looks like: the digest of its picture, in the order of the slides. */
export function looksOf({ screenshot_files }: RunResult, { files }: Manifest): string[] {
  const digests = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  return screenshot_files.flatMap((name) => digests.get(name) ?? []);
}

/**
 * Equal slides beside each other, as many as can be in their order (a longest common subsequence); what stands between two
 * of them one by one, from the first. Places count from 0.
 */
export function pairsOf(left: readonly string[], right: readonly string[]): Pair[] {
  const common = commonFrom(left, right);
  const length = (a: number, b: number): number => common[a]?.[b] ?? 0;
  const pairs: Pair[] = [];
  let between: { left: number[]; right: number[] } = { left: [], right: [] };
  const flush = (): void => {
    const most = Math.max(between.left.length, between.right.length);
    for (let at = 0; at < most; at += 1) {
      pairs.push({ left: between.left[at], right: between.right[at], same: false });
    }
    between = { left: [], right: [] };
  };
  let [a, b] = [0, 0];
  while (a < left.length || b < right.length) {
    if (a < left.length && b < right.length && left[a] === right[b]) {
      flush();
      pairs.push({ left: a, right: b, same: true });
      a += 1;
      b += 1;
    } else if (b >= right.length || (a < left.length && length(a + 1, b) >= length(a, b + 1))) {
      between.left.push(a);
      a += 1;
    } else {
      between.right.push(b);
      b += 1;
    }
  }
  flush();
  return pairs;
}

/** How many slides from `a` and `b` on are common, for each a and b: (left + 1) x (right + 1). */
function commonFrom(left: readonly string[], right: readonly string[]): number[][] {
  const table = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let a = left.length - 1; a >= 0; a -= 1) {
    for (let b = right.length - 1; b >= 0; b -= 1) {
      const row = table[a] ?? [];
      row[b] =
        left[a] === right[b]
          ? 1 + (table[a + 1]?.[b + 1] ?? 0)
          : Math.max(table[a + 1]?.[b] ?? 0, row[b + 1] ?? 0);
    }
  }
  return table;
}

export interface Difference {
  field: string;
  left: string | null;
  right: string | null;
}

const BEFORE = 20; // characters of a long value in front of what differs
const MOST = 80; // characters: enough to tell two texts apart

/** The fields in which both were asked for something else; of long values the place where they begin to differ. */
export function differencesOf(left: StoredSpec, right: StoredSpec): Difference[] {
  const fields = [...new Set([...Object.keys(left), ...Object.keys(right)])] as (keyof StoredSpec)[];
  return fields.flatMap((field) => {
    const [a, b] = [wordsOf(left[field]), wordsOf(right[field])];
    if (a === b) return [];
    const start = Math.max(0, firstDifference(a ?? "", b ?? "") - BEFORE);
    return [{ field, left: around(a, start), right: around(b, start) }];
  });
}

const wordsOf = (value: unknown): string | null =>
  value === null || value === undefined || value === ""
    ? null
    : typeof value === "string"
      ? value
      : Array.isArray(value)
        ? value.join(", ")
        : JSON.stringify(value);

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

function around(text: string | null, start: number): string | null {
  if (text === null || text.length <= MOST) return text;
  const part = Array.from(text.slice(start, start + 2 * MOST)).slice(0, MOST);
  return `${start > 0 ? "…" : ""}${part.join("")}${start + MOST < text.length ? "…" : ""}`;
}
