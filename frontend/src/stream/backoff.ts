/** How long to wait before the next attempt to connect. Pure but for `pause`. */

/** Doubles from `base_ms` up to 30 s; between half and all of it, so that many tabs do not come back at once. */
export function backoffMs(baseMs: number, failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(30_000, baseMs * 2 ** Math.min(failures, 10));
  return ceiling * (0.5 + random() / 2);
}

/** Resolves after the time, at once when the network comes back, or when aborted (it never rejects). */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      globalThis.removeEventListener("online", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
    globalThis.addEventListener("online", finish);
    if (signal.aborted) finish();
  });
}
