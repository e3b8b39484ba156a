// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lesson, OPERATION_ID } from "@/test/logs";
import { frame, serveLog } from "@/test/logServer";
import { followRun } from "./followRun";
import { Turns } from "./turns";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = (): AbortSignal => new AbortController().signal;

test("there are never more turns than places, and those who wait come first in, first out", async () => {
  const turns = new Turns(2, 1000);
  const first = await turns.take(never());
  await turns.take(never());
  const order: string[] = [];
  void turns.take(never()).then(() => order.push("third"));
  void turns.take(never()).then(() => order.push("fourth"));
  await vi.advanceTimersByTimeAsync(100);
  expect(order).toEqual([]);
  first?.end();
  first?.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(order).toEqual(["third"]);
});

test("nobody is disturbed while nobody waits; else the one who has been there longest is told to go", async () => {
  const turns = new Turns(2, 1000);
  const first = await turns.take(never());
  first?.begin();
  await vi.advanceTimersByTimeAsync(5000);
  const second = await turns.take(never());
  second?.begin();
  expect(first?.signal.aborted).toBe(false);
  void turns.take(never());
  await vi.advanceTimersByTimeAsync(0);
  expect([first?.signal.aborted, second?.signal.aborted]).toEqual([true, false]);
  first?.end();
  await vi.advanceTimersByTimeAsync(5000);
  expect(second?.signal.aborted).toBe(false);
});

test("a clock that is set back keeps nobody waiting", async () => {
  const turns = new Turns(1, 1000);
  const holder = await turns.take(never());
  holder?.begin();
  vi.setSystemTime(Date.now() - 3_600_000);
  void turns.take(never());
  await vi.advanceTimersByTimeAsync(1000);
  expect(holder?.signal.aborted).toBe(true);
});

test("a turn in which the server was not heard yet does not end", async () => {
  const turns = new Turns(1, 1000);
  const holder = await turns.take(never());
  void turns.take(never());
  await vi.advanceTimersByTimeAsync(20_000);
  expect(holder?.signal.aborted).toBe(false);
  holder?.begin();
  await vi.advanceTimersByTimeAsync(1000);
  expect(holder?.signal.aborted).toBe(true);
});

test("who gives up while waiting takes no place, and disturbs nobody any more", async () => {
  const turns = new Turns(1, 1000);
  const holder = await turns.take(never());
  holder?.begin();
  const leaving = new AbortController();
  const waiting = turns.take(leaving.signal);
  leaving.abort();
  expect(await waiting).toBeNull();
  await vi.advanceTimersByTimeAsync(5000);
  expect(holder?.signal.aborted).toBe(false);
  holder?.end();
  expect(await turns.take(never())).not.toBeNull();
});

test("two runs over one place: both are told whole, in turns, and neither counts as lost", async () => {
  vi.useRealTimers();
  await serveLog(lesson, {
    trouble: (seen, response) => {
      const after = Number(seen.headers["last-event-id"] ?? 0);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      // one event more with each connection, which then stays open
      response.write(
        lesson
          .slice(after, after + 1)
          .map(frame)
          .join(""),
      );
      return true;
    },
  });
  const turns = new Turns(1, 5);
  const connections: string[] = [];
  const story = async (): Promise<number[]> => {
    const seqs: number[] = [];
    const onConnection = ({ state }: { state: string }): void => void connections.push(state);
    for await (const event of followRun(OPERATION_ID, { turns, onConnection }))
      if (event.type !== "snapshot") seqs.push(event.seq ?? 0);
    return seqs;
  };
  const whole = lesson.map(({ seq }) => seq);
  expect(await Promise.all([story(), story()])).toEqual([whole, whole]);
  expect(connections).not.toContain("waiting");
});
