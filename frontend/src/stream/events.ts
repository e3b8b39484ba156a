/** SSE data -> typed event. What this version does not know is handed on as unknown: the server may grow, and nothing is lost in silence. */
import type { EventSourceMessage } from "eventsource-parser";
import type { RunEvent, StreamEvent } from "@/api/types";

/** An event of a type that this version does not know, or that it cannot read. `seq` is null where it has none. */
export interface UnknownEvent {
  type: "unknown";
  seq: number | null;
  /** Its type as far as it is known: of the data, else of the `event:` line. */
  name: string;
}

export type FollowedEvent = StreamEvent | UnknownEvent;

/** A record, so that the compiler asks for every type that the wire has and for no other. */
const known: Readonly<Record<StreamEvent["type"], true>> = {
  snapshot: true,
  queued: true,
  started: true,
  progress: true,
  html_generated: true,
  screenshot: true,
  artifact: true,
  warning: true,
  log: true,
  complete: true,
  error: true,
  cancelled: true,
};

const terminal: ReadonlySet<string> = new Set<RunEvent["type"]>(["complete", "error", "cancelled"]);

export const isTerminal = (event: FollowedEvent): boolean => terminal.has(event.type);

const isKnown = (data: { type: string }): data is StreamEvent => Object.hasOwn(known, data.type);

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function readData(text: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Never nothing: the cursor moves on over what is unknown, and what has no seq moves nothing. */
export function parseEvent(message: EventSourceMessage): FollowedEvent {
  const data = readData(message.data);
  const type = data["type"];
  if (typeof type === "string" && isKnown({ ...data, type })) return data as unknown as StreamEvent;
  const seq = typeof data["seq"] === "number" ? data["seq"] : Number(message.id ?? NaN);
  return {
    type: "unknown",
    seq: Number.isSafeInteger(seq) ? seq : null,
    name: typeof type === "string" ? type : (message.event ?? "message"),
  };
}
