/** A line of the log as text. Pure. */
import type { LogRecord } from "@/api/types";

const own: ReadonlySet<string> = new Set(["at", "level", "event", "operation_id", "logger", "seq"]);

const valueText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** "stage=render duration_s=1.2": whatever else the line knows. */
export const details = (record: LogRecord): string =>
  Object.entries(record)
    .filter(([name, value]) => !own.has(name) && value !== null)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ");

export const lineText = (record: LogRecord): string =>
  [record.at, record.level, record.event, details(record)]
    .filter((part) => part !== undefined && part !== "")
    .join(" ");

export const LEVELS = ["all", "warning", "error"] as const;

const ranks: Readonly<Record<string, number>> = { debug: 0, info: 1, warning: 2, error: 3, critical: 4 };
const least: Readonly<Record<(typeof LEVELS)[number], number>> = { all: 0, warning: 2, error: 3 };

/** Lines of that level and above in which each of the words stands, whatever the case. */
export function search(
  lines: readonly LogRecord[],
  words: string,
  level: (typeof LEVELS)[number],
): readonly LogRecord[] {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (wanted.length === 0 && level === "all") return lines;
  return lines.filter((line) => {
    if ((ranks[line.level ?? "info"] ?? 1) < least[level]) return false;
    const text = lineText(line).toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
