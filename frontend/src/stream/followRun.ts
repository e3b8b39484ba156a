/**
 * Follows one run to its terminal event over as many connections as that takes.
 *
 * Promises: every event once, in order, none skipped; nothing after the terminal event; only GETs, so that following
 * never starts anything. Leaving the loop, or aborting `signal`, closes the connection.
 */
import { request } from "@/api/client";
import { ProblemError, readProblem, UnreachableError } from "@/api/problems";
import { runUrl } from "@/api/runs";
import type { StreamEvent } from "@/api/types";
import { backoffMs, pause } from "./backoff";
import { isTerminal, parseEvent } from "./events";
import { readSse } from "./sse";

export type Connection =
  /** `failures`: connections lost or refused since the last event. */
  | { state: "connecting"; failures: number }
  | { state: "live" }
  | { state: "waiting"; failures: number; retryInMs: number }
  | { state: "closed" };

export interface FollowOptions {
  lastEventId?: number;
  /** A response that already streams this run from its first event: the one of the POST. */
  first?: Response;
  signal?: AbortSignal;
  onConnection?: (connection: Connection) => void;
  /** Waits between two connections; tests pass their own. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const DEFAULT_RETRY_MS = 2000; // CONTRACT "Events": `retry: 2000` comes first on every stream

interface Follower {
  readonly operationId: string;
  readonly signal: AbortSignal;
  readonly onConnection: (connection: Connection) => void;
  cursor: number;
  retryMs: number;
  /** What the server asked for with its last refusal (`Retry-After`). */
  notBeforeMs: number;
  failures: number;
}

async function connect(follower: Follower): Promise<Response> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (follower.cursor > 0) headers["Last-Event-ID"] = String(follower.cursor);
  return request(`${runUrl(follower.operationId)}/events`, { headers, signal: follower.signal });
}

/** Statuses that pass: the server is draining, restarting, or a proxy in front of it is. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** A stream to read, or null when the log has nothing after the cursor any more. */
async function openStream(follower: Follower): Promise<Response | null> {
  const response = await connect(follower);
  if (response.status === 204) return null;
  if (response.ok && response.body !== null) return response;
  const problem = await readProblem(response);
  if (!isPassing(response.status)) throw new ProblemError(problem);
  follower.notBeforeMs = (problem.retry_after_s ?? 0) * 1000;
  throw new UnreachableError(problem);
}

/** Yields what is new in one response; true once the terminal event was among it. */
async function* readResponse(
  follower: Follower,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<StreamEvent, boolean, undefined> {
  const onRetry = (ms: number): void => {
    follower.retryMs = ms;
  };
  for await (const message of readSse(body, { onRetry })) {
    const event = parseEvent(message);
    if (event === null) continue;
    if (event.type === "snapshot") {
      yield event;
      continue;
    }
    if (event.seq <= follower.cursor) continue;
    // A hole means that this stream is not to be trusted; the cursor stays before the hole, and the log is asked again.
    if (event.seq > follower.cursor + 1 && follower.cursor > 0) return false;
    follower.cursor = event.seq;
    follower.failures = 0;
    if (event.type === "unknown") continue;
    yield event;
    if (isTerminal(event)) return true;
  }
  return false;
}

function isConnectionLoss(error: unknown, signal: AbortSignal): boolean {
  return !signal.aborted && !(error instanceof ProblemError);
}

/** Reads one connection to its end. True: the run's story is told. False: connect again. */
async function* readOnce(
  follower: Follower,
  first: Response | undefined,
): AsyncGenerator<StreamEvent, boolean, undefined> {
  try {
    const response = first ?? (await openStream(follower));
    if (response?.body == null) return true;
    follower.onConnection({ state: "live" });
    return yield* readResponse(follower, response.body);
  } catch (error) {
    if (follower.signal.aborted) return true;
    if (!isConnectionLoss(error, follower.signal)) throw error;
    return false;
  }
}

/** Raises: `ProblemError` when the server says that there is nothing to follow (404, 410) or refuses for good. */
export async function* followRun(
  operationId: string,
  options: FollowOptions = {},
): AsyncGenerator<StreamEvent, void, undefined> {
  const { signal = new AbortController().signal, onConnection = () => undefined, wait = pause } = options;
  const follower: Follower = {
    operationId,
    signal,
    onConnection,
    cursor: options.lastEventId ?? 0,
    retryMs: DEFAULT_RETRY_MS,
    notBeforeMs: 0,
    failures: 0,
  };
  let first = options.first;
  try {
    for (;;) {
      if (first === undefined) onConnection({ state: "connecting", failures: follower.failures });
      if (yield* readOnce(follower, first)) return;
      first = undefined;
      const retryInMs = Math.max(follower.notBeforeMs, backoffMs(follower.retryMs, follower.failures));
      follower.notBeforeMs = 0;
      follower.failures += 1;
      onConnection({ state: "waiting", failures: follower.failures, retryInMs });
      await wait(retryInMs, signal);
      if (signal.aborted) return;
    }
  } finally {
    onConnection({ state: "closed" });
  }
}
