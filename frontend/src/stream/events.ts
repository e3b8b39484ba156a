/** SSE data -> typed event. Types this version does not know are passed over, so that the server may grow. */
import type { EventSourceMessage } from "eventsource-parser";
import type { RunEvent, StreamEvent } from "@/api/types";

const known: ReadonlySet<string> = new Set<StreamEvent["type"]>([
  "snapshot",
  "queued",
  "started",
  "progress",
  "html_generated",
  "screenshot",
  "artifact",
  "warning",
  "log",
  "complete",
  "error",
  "cancelled",
]);

const terminal: ReadonlySet<string> = new Set<RunEvent["type"]>(["complete", "error", "cancelled"]);

export const isTerminal = (event: StreamEvent): boolean => terminal.has(event.type);

/** The event of a message, or its bare seq when the type is unknown (the cursor moves on all the same). */
export function parseEvent(
  message: EventSourceMessage,
): StreamEvent | { type: "unknown"; seq: number } | null {
  let data: unknown;
  try {
    data = JSON.parse(message.data);
  } catch {
    return null;
  }
  if (typeof data !== "object" || data === null || !("type" in data) || typeof data.type !== "string")
    return null;
  if (known.has(data.type)) return data as StreamEvent;
  return "seq" in data && typeof data.seq === "number" ? { type: "unknown", seq: data.seq } : null;
}
