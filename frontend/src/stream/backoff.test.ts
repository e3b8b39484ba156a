import { expect, test, vi } from "vitest";
import { backoffMs, pause } from "./backoff";

test("waits double up to ten seconds, with as much as half of it left to chance", () => {
  const longest = [0, 1, 2, 3, 4, 50].map((failures) => backoffMs(2000, failures, () => 1));
  expect(longest).toEqual([2000, 4000, 8000, 10_000, 10_000, 10_000]);
  expect(backoffMs(2000, 1, () => 0)).toBe(2000);
});

test("a pause ends early when somebody wants it to, and when it is aborted", async () => {
  vi.useFakeTimers();
  try {
    const wake = new EventTarget();
    const woken = pause(60_000, new AbortController().signal, wake);
    wake.dispatchEvent(new Event("wake"));
    await woken;
    await pause(60_000, AbortSignal.abort());
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
