// @vitest-environment node
import { describe, expect, test } from "vitest";
import { ProblemError } from "@/api/problems";
import { lesson, OPERATION_ID, snapshotOf } from "@/test/logs";
import { frame, problem, serveLog } from "@/test/logServer";
import type { FollowedEvent } from "./events";
import type { Connection } from "./connection";
import { followRun, type FollowOptions } from "./followRun";

const noWait = (): Promise<void> => Promise.resolve();

async function follow(options: FollowOptions = {}): Promise<FollowedEvent[]> {
  const events: FollowedEvent[] = [];
  for await (const event of followRun(OPERATION_ID, { wait: noWait, ...options })) events.push(event);
  return events;
}

const told = (events: readonly FollowedEvent[]): FollowedEvent[] =>
  events.filter(({ type }) => type !== "snapshot");
const bytesOf = (count: number): number =>
  Buffer.byteLength(lesson.slice(0, count).map(frame).join(": ping\n\n"));

describe("followRun", () => {
  test("yields a snapshot and the whole log, over one connection", async () => {
    const { seen } = await serveLog(lesson);
    const events = await follow();
    expect(events[0]).toMatchObject({ type: "snapshot", from: 1 });
    expect(told(events)).toEqual(lesson);
    expect(seen).toHaveLength(1);
  });

  test("goes on after its cursor when it is given one", async () => {
    const { seen } = await serveLog(lesson);
    expect(told(await follow({ lastEventId: 4 }))).toEqual(lesson.slice(4));
    expect(seen[0]?.headers["last-event-id"]).toBe("4");
  });

  test("tells every event once and in order when every connection is cut after a few bytes more", async () => {
    const { seen } = await serveLog(lesson, { cut: (connection) => 900 + connection * 97 });
    expect(told(await follow())).toEqual(lesson);
    expect(seen.length).toBeGreaterThan(3);
    expect(new Set(seen.map(({ method }) => method))).toEqual(new Set(["GET"]));
  });

  test.each(lesson.map(({ seq }) => seq))(
    "a stream that is cut after event %i goes on with the next one",
    async (k) => {
      const first = `retry: 50\n\nevent: snapshot\ndata: ${JSON.stringify(snapshotOf(lesson, 1))}\n\n`;
      const { seen } = await serveLog(lesson, {
        cut: (connection) => (connection === 1 ? Buffer.byteLength(first) + bytesOf(k) : Infinity),
      });
      expect(told(await follow())).toEqual(lesson);
      expect(seen.map(({ method }) => method)).toEqual(k === lesson.length ? ["GET"] : ["GET", "GET"]);
      if (k < lesson.length) expect(seen[1]?.headers["last-event-id"]).toBe(String(k));
    },
  );

  test("204 means that all is told: it ends without another request", async () => {
    const { seen } = await serveLog(lesson);
    expect(await follow({ lastEventId: lesson.length })).toEqual([]);
    expect(seen).toHaveLength(1);
  });

  test.each([404, 410, 401])("%i ends it with the server's own words", async (status) => {
    const { seen } = await serveLog(lesson, { trouble: problem(status, "so it is") });
    await expect(follow()).rejects.toThrow(
      new ProblemError({ type: "/problems/x", title: "X", status, detail: "so it is" }),
    );
    expect(seen).toHaveLength(1);
  });

  test("a server that is busy is asked again, not before it said", async () => {
    const waits: number[] = [];
    await serveLog(lesson, {
      trouble: (seen, response, requests) =>
        requests <= 2 && problem(503, "draining", { "Retry-After": "7" })(seen, response, requests),
    });
    const wait = (ms: number): Promise<void> => {
      waits.push(ms);
      return Promise.resolve();
    };
    expect(told(await follow({ wait }))).toEqual(lesson);
    expect(waits).toHaveLength(2);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(7000);
  });

  test("waits longer after each failure, and from the start again once an event came", async () => {
    const connections: Connection[] = [];
    const destroyed = new Set([2, 3, 4, 6]);
    await serveLog(lesson, {
      cut: (connection) => (connection === 1 || connection === 5 ? 1300 : Infinity),
      trouble: (_, response, requests) => {
        if (!destroyed.has(requests)) return false;
        response.destroy();
        return true;
      },
    });
    await follow({ onConnection: (connection) => connections.push(connection) });
    const failures = connections.flatMap((c) => (c.state === "waiting" ? [c.failures] : []));
    expect(failures).toEqual([1, 2, 3, 4, 1, 2]);
    expect(connections.at(-1)).toEqual({ state: "closed" });
  });

  test("a hole in a stream is not passed on: the log is asked again from before the hole", async () => {
    const holed = lesson.filter(({ seq }) => seq !== 3);
    const { seen } = await serveLog(lesson, {
      trouble: (_, response, requests) => {
        if (requests > 1) return false;
        response.writeHead(200, { "Content-Type": "text/event-stream" }).end(holed.map(frame).join(""));
        return true;
      },
    });
    expect(told(await follow())).toEqual(lesson);
    expect(seen[1]?.headers["last-event-id"]).toBe("2");
  });

  test("a stream that does not begin with the first event is not taken for a whole one", async () => {
    const { seen } = await serveLog(lesson, {
      trouble: (_, response, requests) => {
        if (requests > 1) return false;
        const tail = lesson.slice(3).map(frame).join("");
        response.writeHead(200, { "Content-Type": "text/event-stream" }).end(tail);
        return true;
      },
    });
    expect(told(await follow())).toEqual(lesson);
    expect(seen).toHaveLength(2);
  });

  test.each([
    ["of a type from the future", `event: novelty\ndata: {"type":"novelty","seq":1}`, "novelty"],
    ["that cannot be read", `event: screenshot\ndata: {"type":"screensh`, "screenshot"],
    ["that has no type", `data: {"seq":1}`, "message"],
  ])(
    "an event %s is handed on as unknown: the cursor moves on, and it is not lost",
    async (_, lines, name) => {
      const rest = lesson.map((event) => ({ ...event, seq: event.seq + 1 }));
      await serveLog(lesson, {
        trouble: (_, response) => {
          response
            .writeHead(200, { "Content-Type": "text/event-stream" })
            .end(`id: 1\n${lines}\n\n${rest.map(frame).join("")}`);
          return true;
        },
      });
      expect(await follow()).toEqual([{ type: "unknown", seq: 1, name }, ...rest]);
    },
  );

  test("a message without a seq that this version does not know is handed on and moves nothing", async () => {
    await serveLog(lesson, {
      trouble: (_, response) => {
        response
          .writeHead(200, { "Content-Type": "text/event-stream" })
          .end(`event: weather\ndata: {"type":"weather"}\n\n${lesson.map(frame).join("")}`);
        return true;
      },
    });
    expect(await follow()).toEqual([{ type: "unknown", seq: null, name: "weather" }, ...lesson]);
  });

  test("aborting closes the connection and ends it quietly", async () => {
    const abort = new AbortController();
    let closed: () => void;
    const hangsUp = new Promise<void>((resolve) => (closed = resolve));
    await serveLog(lesson, {
      trouble: (_, response) => {
        response.on("close", () => {
          closed();
        });
        response
          .writeHead(200, { "Content-Type": "text/event-stream" })
          .write(lesson.slice(0, 2).map(frame).join(""));
        return true;
      },
    });
    const events: FollowedEvent[] = [];
    for await (const event of followRun(OPERATION_ID, { signal: abort.signal, wait: noWait })) {
      events.push(event);
      if (events.length === 2) abort.abort();
    }
    await hangsUp;
    expect(events).toEqual(lesson.slice(0, 2));
  });
});
