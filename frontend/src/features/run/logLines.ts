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
