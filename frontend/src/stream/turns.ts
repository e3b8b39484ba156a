/**
 * How many streams one browser holds at a time, and whose turn it is.
 *
 * Over HTTP/1.1 a browser opens six connections to one host. Streams take at most half of them, so that what a person
 * does, pages and pictures always find one. Whoever waits gets a place after a few seconds: the one that has had its
 * place for the longest gives it up and lines up again, behind its cursor.
 */

export const MAX_STREAMS = 3; // half of the six connections that browsers open to one host
const TURN_MS = 3000; // arbitrary (1..10 s): with ten runs each is looked at every ten seconds

export interface Turn {
  /** Aborted when somebody else is to have the place, and when whoever took it is aborted. */
  readonly signal: AbortSignal;
  /** The server was heard: from now on the turn may end, so that every turn gets somewhere. */
  begin(): void;
  /** Gives the place back; safe to call again. */
  end(): void;
}

interface Holder {
  begunAt: number | null;
  readonly abort: AbortController;
}

export class Turns {
  private readonly places: number;
  private readonly turnMs: number;
  private readonly holders = new Set<Holder>();
  private readonly queue: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(places = MAX_STREAMS, turnMs = TURN_MS) {
    this.places = places;
    this.turnMs = turnMs;
  }

  /** First come, first served. Null when `signal` was aborted before there was a place. */
  take(signal: AbortSignal): Promise<Turn | null> {
    if (signal.aborted) return Promise.resolve(null);
    if (this.holders.size < this.places && this.queue.length === 0)
      return Promise.resolve(this.grant(signal));
    return new Promise((resolve) => {
      const leave = (): void => {
        this.queue.splice(this.queue.indexOf(enter), 1);
        this.relieve();
        resolve(null);
      };
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        resolve(this.grant(signal));
      };
      signal.addEventListener("abort", leave, { once: true });
      this.queue.push(enter);
      this.relieve();
    });
  }

  private grant(signal: AbortSignal): Turn {
    const holder: Holder = { begunAt: null, abort: new AbortController() };
    const over = (): void => {
      holder.abort.abort();
    };
    signal.addEventListener("abort", over, { once: true });
    this.holders.add(holder);
    return {
      signal: holder.abort.signal,
      begin: () => {
        if (holder.begunAt !== null) return;
        holder.begunAt = performance.now(); // not the time of day, which may be set back
        this.relieve();
      },
      end: () => {
        signal.removeEventListener("abort", over);
        if (!this.holders.delete(holder)) return;
        this.queue.shift()?.();
        this.relieve();
      },
    };
  }

  /** While somebody waits: ends the oldest turn as soon as it has lasted for `turnMs`. */
  private relieve(): void {
    clearTimeout(this.timer);
    if (this.queue.length === 0) return;
    const [oldest] = [...this.holders]
      .filter(({ begunAt, abort }) => begunAt !== null && !abort.signal.aborted)
      .sort((a, b) => (a.begunAt ?? 0) - (b.begunAt ?? 0));
    if (oldest === undefined) return;
    const due = Math.max(0, (oldest.begunAt ?? 0) + this.turnMs - performance.now());
    this.timer = setTimeout(() => {
      oldest.abort.abort();
      this.relieve();
    }, due);
  }
}
