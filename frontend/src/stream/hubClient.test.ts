// @vitest-environment node
/** How long a silent hub is waited for. What every hub promises: transports/transports.contract.test.ts. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HubClient, TICK_MS } from "./hubClient";
import type { Transport } from "./protocol";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const listener = {
  onEvents: () => undefined,
  onConnection: () => undefined,
  onEnd: () => undefined,
};

test("a hub that is slow once is given more time, and after a calm minute no more than at first", async () => {
  let answering = true;
  let renewals = 0;
  const transport: Transport = {
    helloTicks: Infinity,
    shared: true,
    open: ({ onMessage }) => {
      queueMicrotask(() => {
        onMessage({ kind: "hello" });
      });
      return {
        send: ({ kind }) => {
          if (kind === "ping" && answering) onMessage({ kind: "pong" });
        },
        renew: () => {
          renewals += 1;
          queueMicrotask(() => {
            onMessage({ kind: "hello" });
          });
        },
        close: () => undefined,
      };
    },
  };
  const client = new HubClient([transport], () => true);
  const unsubscribe = client.subscribe("run", 0, null, listener);
  const silenceFor = async (ticks: number): Promise<number> => {
    answering = false;
    const before = renewals;
    await vi.advanceTimersByTimeAsync(ticks * TICK_MS);
    answering = true;
    await vi.advanceTimersByTimeAsync(TICK_MS);
    return renewals - before;
  };
  await vi.advanceTimersByTimeAsync(TICK_MS);
  expect(await silenceFor(4)).toBe(1);
  expect(await silenceFor(4)).toBe(0);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await silenceFor(4)).toBe(1);
  unsubscribe();
});
