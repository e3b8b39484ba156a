/** Whether somebody looks at this page, or did a short while ago. */

/** A tab that has been hidden for this long lets its streams go (issue: 5 minutes). */
export const HIDDEN_GRACE_MS = 5 * 60_000;

export class Attention {
  private readonly graceMs: () => number;
  private readonly listeners = new Set<(looking: boolean) => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private current = true;

  /** `graceMs`: asked whenever the page is hidden. */
  constructor(graceMs: () => number = () => HIDDEN_GRACE_MS) {
    this.graceMs = graceMs;
  }

  /** Follows the page until the returned function is called. */
  watch(): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    const look = (): void => {
      this.look();
    };
    const leave = (): void => {
      this.set(false);
    };
    document.addEventListener("visibilitychange", look, { signal });
    document.addEventListener("resume", look, { signal });
    addEventListener("pageshow", look, { signal });
    // A page that the browser stops, or puts aside for "Back", can neither read nor answer.
    document.addEventListener("freeze", leave, { signal });
    addEventListener("pagehide", leave, { signal });
    this.look();
    return () => {
      clearTimeout(this.timer);
      stop.abort();
    };
  }

  get looking(): boolean {
    return this.current;
  }

  subscribe(listener: (looking: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  private look(): void {
    clearTimeout(this.timer);
    if (document.visibilityState === "visible") {
      this.set(true);
      return;
    }
    this.timer = setTimeout(() => {
      this.set(false);
    }, this.graceMs());
  }

  private set(looking: boolean): void {
    if (!looking) clearTimeout(this.timer);
    if (looking === this.current) return;
    this.current = looking;
    for (const listener of [...this.listeners]) listener(looking);
  }
}
