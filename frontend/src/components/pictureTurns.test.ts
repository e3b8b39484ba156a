import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeLocks } from "@/test/locks";
import { MAX_PICTURES, PictureTurns } from "./pictureTurns";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Each asks for `count` pictures; `loading` are those whose turn it is, in the order of their beginnings. */
function ask(tabs: readonly PictureTurns[], count: number) {
  const loading: { name: string; end: () => void }[] = [];
  for (const [tab, turns] of tabs.entries())
    for (let n = 0; n < count; n += 1) {
      const end = turns.take(() => {
        loading.push({
          name: `${tab}.${n}`,
          end: () => {
            end();
          },
        });
      });
    }
  return loading;
}

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

test.each([
  ["with locks, over all tabs", (): PictureTurns[] => { const locks = new FakeLocks(); return [1, 2, 3].map(() => new PictureTurns(locks)); }, 3], // prettier-ignore
  ["without, in one tab", (): PictureTurns[] => [new PictureTurns(null)], 1],
])("few pictures load at a time, and all of them in the end: %s", async (_, open, tabs) => {
  const loading = ask(open(), 5);
  const begun: string[] = [];
  for (let n = 0; n < tabs * 5; n += 1) {
    await settle();
    expect(loading.length).toBeGreaterThan(0);
    expect(loading.length).toBeLessThanOrEqual(MAX_PICTURES);
    const first = loading.shift();
    begun.push(first?.name ?? "");
    first?.end();
    first?.end();
  }
  expect(new Set(begun).size).toBe(tabs * 5);
  expect(begun.filter((name) => name.startsWith("0."))).toEqual(["0.0", "0.1", "0.2", "0.3", "0.4"]);
});

test("who leaves the queue is passed over", async () => {
  const turns = new PictureTurns(new FakeLocks());
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, (_, n) => turns.take(() => begun.push(n)));
  await settle();
  ends[2]?.();
  ends[0]?.();
  await settle();
  expect(begun).toEqual([0, 1, 3]);
});

test("a picture that never comes keeps its place for a while only", async () => {
  const turns = new PictureTurns(new FakeLocks());
  const loading = ask([turns], 3);
  await settle(19_000);
  expect(loading).toHaveLength(2);
  await settle(2000);
  expect(loading).toHaveLength(3);
});

test("places that a stopped tab keeps are not waited for for ever", async () => {
  const locks = new FakeLocks();
  const stopped = (): Promise<void> => new Promise(() => undefined);
  for (let place = 0; place < MAX_PICTURES; place += 1)
    void locks.request(`pressrun.picture.${place}`, {}, stopped);
  await settle();
  const loading = ask([new PictureTurns(locks)], 1);
  await settle(19_000);
  expect(loading).toHaveLength(0);
  await settle(2000);
  expect(loading).toHaveLength(1);
});

test("while pictures fly by none begins, and those that stay come when all is calm", async () => {
  const turns = new PictureTurns(new FakeLocks());
  const begun: number[] = [];
  turns.hold();
  const passed = turns.take(() => begun.push(0));
  turns.take(() => begun.push(1));
  await settle(60);
  turns.hold(); // still moving
  passed();
  await settle(60);
  expect(begun).toEqual([]);
  await settle(60);
  expect(begun).toEqual([1]);
});
