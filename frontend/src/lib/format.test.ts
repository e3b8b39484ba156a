import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatElapsed, formatWhen, slideCount } from "./format";

test("durations read like speech, clocks like clocks", () => {
  expect([0.42, 9.96, 14.2, 59.7, 75, 3700].map(formatDuration)).toEqual([
    "0.4 s",
    "10 s",
    "14 s",
    "1 min 0 s",
    "1 min 15 s",
    "1 h 1 min",
  ]);
  expect([-3, 7, 75, 3675].map(formatElapsed)).toEqual(["0:00", "0:07", "1:15", "1:01:15"]);
});

test("sizes have two digits at least and a unit", () => {
  expect([0, 999, 1000, 999_999, 15_400_000].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "1.0 MB",
    "15 MB",
  ]);
});

test("instants are told from now as long as that helps", () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const ago = (seconds: number): string => formatWhen(new Date(now - seconds * 1000).toISOString(), now);
  expect([2, 59, 600, 7200].map(ago)).toEqual([
    "just now",
    "59 seconds ago",
    "10 minutes ago",
    "2 hours ago",
  ]);
  expect(ago(200_000)).toContain("2026");
  expect([1, 2, 9036].map(slideCount)).toEqual(["1 slide", "2 slides", "9,036 slides"]);
});
