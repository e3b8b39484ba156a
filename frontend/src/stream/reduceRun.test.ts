import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "@/api/types";
import { anyLog, lesson, OPERATION_ID, snapshotOf, toLog } from "@/test/logs";
import type { FollowedEvent } from "./events";
import { emptyRunView, MAX_EVENTS, reduceRun, type RunView } from "./reduceRun";

const empty = emptyRunView(OPERATION_ID);
const fold = (events: readonly FollowedEvent[], from: RunView = empty): RunView =>
  events.reduce(reduceRun, from);
/** What is shown; how much of it came with a snapshot is not. */
const shown = (view: RunView): RunView => ({ ...view, knownSeq: 0 });

describe("reduceRun", () => {
  test("a whole log shows the finished run", () => {
    const view = fold(lesson);
    expect(view).toMatchObject({
      status: "complete",
      progress: 100,
      title: "A lesson",
      lastSeq: lesson.length,
    });
    expect(view.slides.map(({ index }) => index)).toEqual([1, 2]);
    expect(view.events).toEqual(lesson);
    expect(view.result?.folder).toBe("2026-11-21_08-00-00_x");
  });

  test("events that this version does not know are counted by their type, once each", () => {
    const view = fold([
      { type: "unknown", seq: null, name: "weather" },
      { type: "unknown", seq: 1, name: "novelty" },
      { type: "unknown", seq: 1, name: "novelty" },
      { type: "unknown", seq: null, name: "weather" },
      { type: "unknown", seq: 2, name: "novelty" },
    ]);
    expect(view.unknown).toEqual({ weather: 1, novelty: 2 });
    expect(view.lastSeq).toBe(2);
  });

  test("any prefix, then a snapshot of any later moment, then the rest, shows what the whole log shows", () => {
    const cuts = anyLog.chain((log) =>
      fc.tuple(fc.constant(log), fc.nat(log.length), fc.nat(log.length)).filter(([, cut, now]) => cut <= now),
    );
    fc.assert(
      fc.property(cuts, ([log, cut, now]) => {
        const before = fold(log.slice(0, cut));
        const resumed = fold([snapshotOf(log.slice(0, now), cut + 1), ...log.slice(cut)], before);
        expect(shown(resumed)).toEqual(fold(log));
      }),
    );
  });

  test("an event that is delivered again changes nothing", () => {
    fc.assert(
      fc.property(anyLog, fc.array(fc.nat(40)), (log, picks) => {
        const twice = log.flatMap((event, index) => [
          event,
          ...picks.flatMap((pick) => (pick <= index ? log.slice(pick, pick + 1) : [])),
        ]);
        expect(fold(twice)).toEqual(fold(log));
      }),
    );
  });

  test("progress never goes backwards, whatever the log and the snapshots say", () => {
    fc.assert(
      fc.property(anyLog, fc.nat(30), (log, place) => {
        const stale = snapshotOf(log.slice(0, place), place + 1);
        const figures = [...log.slice(0, place + 3), stale, ...log.slice(place + 3)].map(
          (() => {
            let view = empty;
            return (event: StreamEvent) => (view = reduceRun(view, event)).progress;
          })(),
        );
        expect(figures).toEqual([...figures].sort((a, b) => a - b));
      }),
    );
  });

  test("a snapshot that was taken before the newest event does not undo it", () => {
    const view = fold([...lesson, snapshotOf(lesson.slice(0, 4), 5)]);
    expect(view.status).toBe("complete");
  });

  test("a replay under a snapshot does not show an ended run as running", () => {
    const statuses: (string | null)[] = [];
    [snapshotOf(lesson, 1), ...lesson].reduce((view, event) => {
      const next = reduceRun(view, event);
      statuses.push(next.status);
      return next;
    }, empty);
    expect(new Set(statuses)).toEqual(new Set(["complete"]));
  });

  test("slides that arrive out of order stand in order, and a repeated one once", () => {
    const pictures = lesson.filter(({ type }) => type === "screenshot");
    const [first, second] = pictures;
    if (first?.type !== "screenshot" || second?.type !== "screenshot")
      throw new Error("the lesson has two slides");
    const log = [second, first, { ...second, size_bytes: 7 }].map((event, index) => ({
      ...event,
      seq: index + 1,
    }));
    expect(fold(log).slides.map(({ index, size_bytes }) => [index, size_bytes])).toEqual([
      [1, 1000],
      [2, 7],
    ]);
  });

  test("a long log keeps its last events and counts the ones it dropped", () => {
    const lines = Array.from({ length: MAX_EVENTS + 5 }, (_, index) => ({
      type: "log" as const,
      message: `line ${index}`,
    }));
    const view = fold(toLog(lines));
    expect(view.events).toHaveLength(MAX_EVENTS);
    expect(view.events[0]).toMatchObject({ seq: 6, message: "line 5" });
    expect(view.eventsDropped).toBe(5);
  });

  test("a cancelled run says by whom, a failed one why", () => {
    const cancelled = fold(
      toLog([
        { type: "started", attempt: 1 },
        { type: "cancelled", by: "replaced", kept: ["document.html"] },
      ]),
    );
    expect(cancelled).toMatchObject({
      status: "cancelled",
      cancellation: { by: "replaced", kept: ["document.html"] },
    });
    const failed = fold(toLog([{ type: "error", code: "disk_full", message: "no room", retryable: true }]));
    expect(failed).toMatchObject({
      status: "error",
      error: { code: "disk_full", message: "no room", retryable: true },
    });
  });
});
