/** How long to wait before the next attempt to connect. Pure but for `pause`. */

/** Doubles from `baseMs` up to 10 s (arbitrary: a person may be watching); between half and all of it, so that many tabs do not come back at once. */
export function backoffMs(baseMs: number, failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(10_000, baseMs * 2 ** Math.min(failures, 10));
  return ceiling * (0.5 + random() / 2);
}

/** Resolves after the time, or at once when aborted or when `wake` gets an event `wake`. */
export function pause(ms: number, signal: AbortSignal, wake?: EventTarget): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      wake?.removeEventListener("wake", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
    wake?.addEventListener("wake", finish);
    if (signal.aborted) finish();
  });
}
