/**
 * Follows one run to its terminal event over as many connections as that takes.
 *
 * Promises: every event once, in order, none skipped; nothing after the terminal event; only GETs, so that following
 * never starts anything. Leaving the loop, or aborting `signal`, closes the connection.
 */
import { request } from "@/api/client";
import { ProblemError, readProblem, UnreachableError } from "@/api/problems";
import { runUrl } from "@/api/runs";
import { backoffMs, pause } from "./backoff";
import type { Connection } from "./connection";
import { type FollowedEvent, isTerminal, parseEvent } from "./events";
import { readSse, SILENCE_MS, SilentStreamError } from "./sse";
import { type Turn, Turns } from "./turns";

export interface FollowOptions {
  lastEventId?: number;
  signal?: AbortSignal;
  onConnection?: (connection: Connection) => void;
  /** Waits between two connections; whoever can be told to try now passes their own. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Shared by all who share the browser's connections. */
  turns?: Turns;
  /** `request` of api/client.ts, unless another token than this tab's is meant. */
  ask?: (url: string, init: RequestInit) => Promise<Response>;
}

const DEFAULT_RETRY_MS = 2000; // CONTRACT "Events": `retry: 2000` comes first on every stream

interface Follower {
  readonly operationId: string;
  readonly signal: AbortSignal;
  readonly onConnection: (connection: Connection) => void;
  readonly ask: NonNullable<FollowOptions["ask"]>;
  cursor: number;
  retryMs: number;
  /** What the server asked for with its last refusal (`Retry-After`). */
  notBeforeMs: number;
  failures: number;
  /** When the server was last heard, else when it was first asked. */
  heardAt: number;
}

/** A server that takes the connection and says nothing is as far away as one that cuts a stream in silence. */
async function connect(follower: Follower, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (follower.cursor > 0) headers["Last-Event-ID"] = String(follower.cursor);
  const attempt = new AbortController();
  const abort = (): void => {
    attempt.abort();
  };
  const timer = setTimeout(abort, SILENCE_MS);
  signal.addEventListener("abort", abort); // for as long as the response is read, too
  try {
    return await follower.ask(`${runUrl(follower.operationId)}/events`, { headers, signal: attempt.signal });
  } catch (error) {
    throw attempt.signal.aborted && !signal.aborted ? new UnreachableError(new SilentStreamError()) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Statuses that pass: the server is draining, restarting, or a proxy in front of it is. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** A stream to read, or null when the log has nothing after the cursor any more. */
async function openStream(follower: Follower, signal: AbortSignal): Promise<Response | null> {
  const response = await connect(follower, signal);
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
  turn: Turn,
): AsyncGenerator<FollowedEvent, boolean, undefined> {
  const onRetry = (ms: number): void => {
    follower.retryMs = ms;
  };
  const onHeard = (): void => {
    follower.heardAt = Date.now();
    turn.begin();
  };
  for await (const message of readSse(body, { onRetry, onHeard, signal: turn.signal })) {
    const event = parseEvent(message);
    if (event.type === "snapshot" || event.seq === null) {
      yield event;
      continue;
    }
    if (event.seq <= follower.cursor) continue;
    // A hole means that this stream is not to be trusted; the cursor stays before the hole, and the log is asked again.
    if (event.seq > follower.cursor + 1) return false;
    follower.cursor = event.seq;
    follower.failures = 0;
    yield event;
    if (isTerminal(event)) return true;
  }
  return false;
}

/** Reads one connection to its end. True: the run's story is told, or nobody wants to hear it. False: connect again. */
async function* readOnce(follower: Follower, turn: Turn): AsyncGenerator<FollowedEvent, boolean, undefined> {
  try {
    const response = await openStream(follower, turn.signal);
    if (response?.body == null) return true;
    follower.heardAt = Date.now();
    follower.onConnection({ state: "live" });
    return yield* readResponse(follower, response.body, turn);
  } catch (error) {
    if (follower.signal.aborted) return true;
    if (error instanceof ProblemError) throw error;
    return false;
  } finally {
    turn.end();
  }
}

/** Raises: `ProblemError` when the server says that there is nothing to follow (404, 410) or refuses for good. */
export async function* followRun(
  operationId: string,
  options: FollowOptions = {},
): AsyncGenerator<FollowedEvent, void, undefined> {
  const { signal = new AbortController().signal, onConnection = () => undefined, wait = pause } = options;
  const { turns = new Turns(), ask = request } = options;
  const follower: Follower = {
    operationId,
    signal,
    onConnection,
    ask,
    cursor: options.lastEventId ?? 0,
    retryMs: DEFAULT_RETRY_MS,
    notBeforeMs: 0,
    failures: 0,
    heardAt: Date.now(),
  };
  let rotated = false;
  try {
    for (;;) {
      const { failures, heardAt: since } = follower;
      // Whose turn was over is not out of date by more than a few seconds: nothing is said of that.
      if (!rotated) onConnection({ state: "connecting", failures, since });
      const turn = await turns.take(signal);
      if (turn === null || (yield* readOnce(follower, turn))) return;
      rotated = turn.signal.aborted;
      if (!rotated && !(await retryLater(follower, wait))) return;
    }
  } finally {
    onConnection({ state: "closed" });
  }
}

/** False: nobody wants to know any more. */
async function retryLater(follower: Follower, wait: NonNullable<FollowOptions["wait"]>): Promise<boolean> {
  const waitMs = Math.max(follower.notBeforeMs, backoffMs(follower.retryMs, follower.failures));
  follower.notBeforeMs = 0;
  follower.failures += 1;
  const { failures, heardAt: since } = follower;
  follower.onConnection({ state: "waiting", failures, since, retryAt: Date.now() + waitMs });
  await wait(waitMs, follower.signal);
  return !follower.signal.aborted;
}
