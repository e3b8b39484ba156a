/** One response body -> SSE messages. Knows nothing of runs. */
import { createParser, type EventSourceMessage } from "eventsource-parser";

/** The server pings every 10 s (CONTRACT "Events"); three missed pings are not a coincidence. */
export const SILENCE_MS = 35_000;

/** The server stayed silent for longer than three heartbeats: the connection is dead, even if nobody said so. */
export class SilentStreamError extends Error {
  constructor() {
    super("The stream went silent.");
    this.name = "SilentStreamError";
  }
}

export interface SseOptions {
  silenceMs?: number;
  onRetry?: (ms: number) => void;
  /** Bytes came, be it a heartbeat only. */
  onHeard?: () => void;
  /** Ends the reading; what the parser holds is dropped. */
  signal?: AbortSignal;
}

type Chunk = ReadableStreamReadResult<Uint8Array>;

async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, ms: number): Promise<Chunk> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new SilentStreamError());
    }, ms);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Yields messages until the body ends. A message that was cut in the middle is dropped, as the standard says.
 * Leaving the loop early, or aborting `signal`, closes the connection. Throws what the connection throws.
 */
export async function* readSse(
  body: ReadableStream<Uint8Array>,
  { silenceMs = SILENCE_MS, onRetry = () => undefined, onHeard = () => undefined, signal }: SseOptions = {},
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message), onRetry });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const cancel = (): void => {
    reader.cancel().catch(() => undefined);
  };
  signal?.addEventListener("abort", cancel);
  try {
    for (;;) {
      const { done, value } = await readWithin(reader, silenceMs);
      if (done || signal?.aborted === true) return;
      onHeard();
      parser.feed(decoder.decode(value, { stream: true }));
      yield* messages.splice(0);
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
    cancel();
  }
}
