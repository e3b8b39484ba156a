import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { frame, json, serveLog } from "@/test/logServer";
import { detailOf, lesson, OPERATION_ID } from "@/test/logs";
import { Attention } from "./attention";
import { HubClient } from "./hubClient";
import { RunFeeds } from "./runFeeds";
import { InPageTransport } from "./transports/inPage";

afterEach(() => {
  vi.useRealTimers();
});

function look(state: DocumentVisibilityState): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 5 });

test("a page that is hidden is looked at until the grace is over; one that the browser stops is not", () => {
  vi.useFakeTimers();
  const attention = new Attention(() => 60_000);
  onTestFinished(attention.watch());
  look("hidden");
  vi.advanceTimersByTime(59_000);
  expect(attention.looking).toBe(true);
  look("visible");
  vi.advanceTimersByTime(120_000);
  expect(attention.looking).toBe(true);
  look("hidden");
  vi.advanceTimersByTime(60_000);
  expect(attention.looking).toBe(false);
  look("visible");
  expect(attention.looking).toBe(true);
  document.dispatchEvent(new Event("freeze"));
  expect(attention.looking).toBe(false);
  document.dispatchEvent(new Event("resume"));
  expect(attention.looking).toBe(true);
});

/** A run whose streams stay open, and how many of them are. */
async function serveOpen(first: number) {
  const state = { log: lesson.slice(0, first), open: 0, cursors: [] as number[] };
  const { seen } = await serveLog(lesson, {
    trouble: ({ url, headers }, response) => {
      if (!url.endsWith("/events")) return json(response, detailOf(state.log));
      const after = Number(headers["last-event-id"] ?? 0);
      state.cursors.push(after);
      state.open += 1;
      response.on("close", () => (state.open -= 1));
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(`retry: 50\n\n${state.log.slice(after).map(frame).join("")}`);
      return true;
    },
  });
  return { state, seen };
}

function newFeeds(): RunFeeds {
  const feeds = new RunFeeds(new HubClient([new InPageTransport()]));
  onTestFinished(feeds.attend());
  return feeds;
}

const nothing = (): void => undefined;

test("looking up a run that nobody follows opens nothing", async () => {
  const { seen } = await serveOpen(3);
  const feeds = newFeeds();
  expect(feeds.peek(OPERATION_ID)).toBeNull();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual([]);
});

test("a tab that nobody looks at holds no stream, and catches up behind its last event when somebody does", async () => {
  const { state } = await serveOpen(3);
  const feeds = newFeeds();
  onTestFinished(feeds.subscribe(OPERATION_ID, nothing));
  await until(() => {
    expect(feeds.peek(OPERATION_ID)?.view.lastSeq).toBe(3);
  });
  look("hidden");
  await until(() => {
    expect(state.open).toBe(0);
  });
  state.log = lesson.slice(0, 7);
  look("visible");
  await until(() => {
    expect(feeds.peek(OPERATION_ID)?.view.lastSeq).toBe(7);
  });
  expect(state.cursors).toEqual([0, 3]);
  expect(state.open).toBe(1);
});
