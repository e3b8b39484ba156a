import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyRunView, reduceRun } from "@/stream/reduceRun";
import { anyLog, lesson, OPERATION_ID, toLog } from "@/test/logs";
import { filterRows, KINDS, rawLines, timelineOf } from "./timeline";

const all = new Set(KINDS);

test("each event is a row with the time since the first and since the row before", () => {
  const rows = timelineOf(lesson);
  expect(rows.map(({ seq }) => seq)).toEqual(lesson.map(({ seq }) => seq));
  expect(rows.map(({ sinceS }) => sinceS)).toEqual(lesson.map((_, index) => index));
  expect(rows[0]?.words).toBe("Attempt 1 begins");
  expect(rows.at(-1)?.words).toBe("Complete: 2 slides in 1.5 s");
});

test("what waited is said to have waited, and each attempt is told", () => {
  const rows = timelineOf(
    toLog([
      { type: "queued", position: 2, message: "Waiting for 2 runs" },
      { type: "queued", position: 1, message: "Waiting for 1 run" },
      { type: "started", attempt: 1 },
      { type: "error", code: "crashed", message: "It broke." },
      { type: "started", attempt: 2, resumed_from: "render" },
    ]),
  );
  expect(rows.map(({ words }) => words)).toEqual([
    "Waiting for 2 runs (place 2)",
    "Waiting for 1 run (place 1)",
    "Attempt 1 begins, after waiting 2.0 s",
    "Failed: It broke.",
    "Attempt 2 begins, resumed from “Render”",
  ]);
  expect(rows.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 2]);
});

test("a filter keeps order, and tells the time since the row that is shown before", () => {
  const found = filterRows(timelineOf(lesson), new Set(["slides"]), "");
  expect(found.map(({ words }) => words)).toEqual(["Slide 1 of 2, 1.0 kB", "Slide 2 of 2, 2.0 kB"]);
  expect(found.map(({ gapS }) => gapS)).toEqual([null, 2]);
  expect(filterRows(timelineOf(lesson), all, "SLIDE of 2.0").map(({ seq }) => seq)).toEqual([7]);
});

test("any log: no row is lost or invented, no time is below zero, and raw lines are the events", () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const { events } = log.reduce(reduceRun, emptyRunView(OPERATION_ID));
      const rows = timelineOf(events);
      expect(filterRows(rows, all, "")).toEqual(rows);
      const parts = KINDS.flatMap((kind) => filterRows(rows, new Set([kind]), "").map(({ seq }) => seq));
      expect(parts.sort((a, b) => a - b)).toEqual(log.map(({ seq }) => seq));
      for (const { sinceS, gapS } of rows) {
        expect(sinceS ?? 0).toBeGreaterThanOrEqual(0);
        expect(gapS ?? 0).toBeGreaterThanOrEqual(0);
      }
      const lines = rawLines(events).trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(log);
    }),
  );
});
