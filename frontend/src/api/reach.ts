/**
 * Whether the server can be reached, as far as this page's requests have shown; and a call when it can be again, for
 * whatever had failed meanwhile. While it cannot, one small request looks for it, however many wait.
 */

const FIRST_MS = 1000;
const LONGEST_MS = 10_000; // as between two attempts of a stream (stream/backoff.ts)
/** A server that was well for so long is asked again soon when it goes away. */
const WELL_MS = 30_000;

/** What a proxy or a draining server says in place of the server. */
const isAway = (status: number): boolean => status === 502 || status === 503 || status === 504;

export class Reach {
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waitMs = FIRST_MS;
  private foundAt = 0;

  /** Called whenever the server is back. */
  onRestored(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** A request that only reads had this status; null: nobody answered. */
  note(status: number | null): void {
    if (status === null || isAway(status)) this.lost();
    else if (this.timer !== undefined) this.restored();
  }

  /** The server is back, whoever found out. */
  restored(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.foundAt = Date.now();
    for (const listener of [...this.listeners]) listener();
  }

  private lost(): void {
    if (this.timer !== undefined) return;
    if (Date.now() - this.foundAt > WELL_MS) this.waitMs = FIRST_MS;
    this.lookLater();
  }

  private lookLater(): void {
    this.timer = setTimeout(() => void this.look(), this.waitMs);
    this.waitMs = Math.min(LONGEST_MS, this.waitMs * 2);
  }

  private async look(): Promise<void> {
    const timer = this.timer;
    const found = document.visibilityState === "visible" && (await answers());
    if (this.timer !== timer) return; // somebody else has found it
    if (found) this.restored();
    else this.lookLater();
  }
}

async function answers(): Promise<boolean> {
  try {
    return !isAway((await fetch("/livez", { cache: "no-store" })).status);
  } catch {
    return false;
  }
}

/** The one of this page, as `access` is. */
export const reach = new Reach();
