/**
 * How many pictures of grids load at a time, over all tabs of a browser.
 *
 * Over HTTP/1.1 a browser opens six connections to one host. Streams take three at most (stream/turns.ts), pictures two:
 * one is left for what a person does, however thin the line and however many tabs there are.
 */

export const MAX_PICTURES = 2;
/**
 * A place that does not come for so long is not waited for, and one that is held for so long is given back: a tab that
 * was stopped, or a picture that never comes, must not keep the others from being shown. Arbitrary (10..60 s).
 */
const PATIENCE_MS = 20_000;
/** Somebody who has not scrolled for so long looks at what is there. Arbitrary (50..200 ms). */
const CALM_MS = 100;

type Locks = Pick<LockManager, "request">;

/** Locks are there in secure contexts only: https, or this machine. Elsewhere each tab counts for itself. */
const locksOfBrowser = (): Locks | null => (navigator as { locks?: Locks }).locks ?? null;

export class PictureTurns {
  private readonly locks: Locks | null;
  private readonly queue: Entry[] = [];
  private readonly free: number[] = Array.from({ length: MAX_PICTURES }, (_, place) => place);
  private held: ReturnType<typeof setTimeout> | undefined;

  constructor(locks: Locks | null = locksOfBrowser()) {
    this.locks = locks;
  }

  /**
   * Calls `begin` when it is this picture's turn, first come first served in this tab. The returned function ends the
   * turn, or the waiting for it; safe to call again.
   */
  take(begin: () => void): () => void {
    const entry: Entry = { begin, end: () => undefined };
    this.queue.push(entry);
    this.next();
    return () => {
      const place = this.queue.indexOf(entry);
      if (place >= 0) this.queue.splice(place, 1);
      entry.end();
    };
  }

  /** Pictures fly by: none begins to load until a moment after the last call. */
  hold(): void {
    clearTimeout(this.held);
    this.held = setTimeout(() => {
      this.held = undefined;
      this.next();
    }, CALM_MS);
  }

  private next(): void {
    if (this.queue.length === 0 || this.held !== undefined) return;
    const place = this.free.shift();
    if (place === undefined) return;
    const serve = (): Promise<void> => this.serve();
    const giveBack = (): void => {
      this.free.push(place);
      this.next();
    };
    void lend(this.locks, `pressrun.picture.${place}`, serve).then(giveBack);
    this.next();
  }

  /** Until the turn of whoever is first in the queue has ended. */
  private serve(): Promise<void> {
    const entry = this.queue.shift();
    if (entry === undefined) return Promise.resolve(); // nobody wants to see it any more
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      entry.end = () => {
        clearTimeout(timer);
        resolve();
      };
      entry.begin();
    });
  }
}

interface Entry {
  readonly begin: () => void;
  end: () => void;
}

/** `use` under the lock; without it when there are no locks, or it does not come. Never rejects. */
async function lend(locks: Locks | null, name: string, use: () => Promise<void>): Promise<void> {
  if (locks === null) {
    await use();
    return;
  }
  const impatience = new AbortController();
  const timer = setTimeout(() => {
    impatience.abort();
  }, PATIENCE_MS);
  const turn = { used: false };
  try {
    await locks.request(name, { signal: impatience.signal }, async () => {
      clearTimeout(timer);
      turn.used = true;
      await use();
    });
  } catch {
    if (!turn.used) await use();
  } finally {
    clearTimeout(timer);
  }
}

/** The one of this page. */
export const pictureTurns = new PictureTurns();
