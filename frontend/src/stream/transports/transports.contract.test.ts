// @vitest-environment node
/** What holds whichever way tabs share a hub: each means is put through the same. (In Chromium: tests/e2e/test_tabs.py.) */
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { RunEvent } from "@/api/types";
import { FakeLocks } from "@/test/locks";
import { frame, problem, serveLog, type Trouble } from "@/test/logServer";
import { lesson, OPERATION_ID, snapshotOf } from "@/test/logs";
import { Hub } from "../hub";
import { HubClient } from "../hubClient";
import type { FollowedEvent } from "../events";
import type { Transport } from "../protocol";
import { InPageTransport } from "./inPage";
import { LaterTransport } from "./later";
import { LeaderTransport } from "./leader";
import { servePort } from "./ports";
import { SharedWorkerTransport, type WorkerLike } from "./sharedWorker";

/** A worker that lives as long as the test; `lose` ends it as a crash does, and the next tab starts another. */
function newWorkers() {
  let hub: Hub | null = null;
  const start = (): WorkerLike => {
    const { port1, port2 } = new MessageChannel();
    onTestFinished(() => {
      port1.close();
      port2.close();
    });
    hub ??= new Hub();
    servePort(hub, port2);
    return { port: port1, onerror: null };
  };
  const lose = (): void => {
    hub?.close();
    hub = null;
  };
  onTestFinished(lose);
  return { start, lose };
}

interface Browser {
  newTransport: () => Transport;
  shared: boolean;
}

const means: Record<string, () => Browser> = {
  "a shared worker": () => {
    const { start } = newWorkers();
    return { newTransport: () => new SharedWorkerTransport(start), shared: true };
  },
  "a leader among the tabs": () => {
    const locks = new FakeLocks();
    return { newTransport: () => new LeaderTransport(locks), shared: true };
  },
  "one whose code comes later": () => ({
    newTransport: () =>
      new LaterTransport({ helloTicks: Infinity, shared: false }, async () =>
        Promise.resolve(new InPageTransport()),
      ),
    shared: false,
  }),
  "a hub for each tab": () => ({ newTransport: () => new InPageTransport(), shared: false }),
};

class TestTab {
  readonly events: FollowedEvent[] = [];
  readonly states: string[] = [];
  ended: { status: number } | "told" | null = null;
  readonly client: HubClient;
  private unsubscribe: (() => void) | null = null;

  constructor(transport: Transport) {
    this.client = new HubClient([transport, new InPageTransport()], () => true);
    onTestFinished(() => {
      this.close();
    });
  }

  follow(cursor = 0, token: string | null = null): this {
    this.unsubscribe = this.client.subscribe(OPERATION_ID, cursor, token, {
      onEvents: (events) => this.events.push(...events),
      onConnection: ({ state }) => this.states.push(state),
      onEnd: (end) => {
        this.ended = end ?? "told";
      },
    });
    return this;
  }

  close(): void {
    this.unsubscribe?.();
  }

  get told(): FollowedEvent[] {
    return this.events.filter(({ type }) => type !== "snapshot");
  }
}

/** A run that goes on: its log grows by `tell`, and its open streams are counted. */
async function serveRun(first: number) {
  let log: readonly RunEvent[] = lesson.slice(0, first);
  const open = new Set<{ write: (text: string) => void; end: () => void }>();
  let most = 0;
  const cursors: number[] = [];
  const trouble: Trouble = ({ headers }, response) => {
    const after = Number(headers["last-event-id"] ?? 0);
    cursors.push(after);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`event: snapshot\ndata: ${JSON.stringify(snapshotOf(log, after + 1))}\n\n`);
    response.write(log.slice(after).map(frame).join("") || ": ping\n\n");
    open.add(response);
    most = Math.max(most, open.size);
    response.on("close", () => open.delete(response));
    return true;
  };
  const { seen } = await serveLog(lesson, { trouble });
  return {
    seen,
    cursors,
    get open() {
      return open.size;
    },
    get most() {
      return most;
    },
    tell(upTo: number) {
      const news = lesson.slice(log.length, upTo);
      log = lesson.slice(0, upTo);
      for (const response of open) {
        response.write(news.map(frame).join(""));
        if (upTo === lesson.length) response.end();
      }
    },
  };
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 5 });

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(Object.entries(means))("over %s", (_, browserOf) => {
  test("every tab is told the whole run, over one stream where it is shared, and no stream is left", async () => {
    const run = await serveRun(3);
    const { newTransport, shared } = browserOf();
    const tabs = [1, 2, 3, 4].map(() => new TestTab(newTransport()).follow());
    await until(() => {
      for (const { told } of tabs) expect(told).toHaveLength(3);
    });
    const late = new TestTab(newTransport()).follow();
    run.tell(6);
    await until(() => {
      for (const { told } of [...tabs, late]) expect(told).toHaveLength(6);
    });
    run.tell(lesson.length);
    await until(() => {
      for (const { ended } of [...tabs, late]) expect(ended).toBe("told");
    });
    for (const { told, events } of [...tabs, late]) {
      expect(told).toEqual(lesson);
      expect(events[0]?.type).toBe("snapshot");
    }
    expect(run.most).toBe(shared ? 1 : 5);
    await until(() => {
      expect(run.open).toBe(0);
    });
  });

  test("a tab that goes away leaves the others as they are; the last one takes the stream along", async () => {
    const run = await serveRun(3);
    const { newTransport, shared } = browserOf();
    const [first, second, third] = [1, 2, 3].map(() => new TestTab(newTransport()).follow());
    await until(() => {
      for (const tab of [first, second, third]) expect(tab?.told).toHaveLength(3);
    });
    first?.close();
    await until(() => {
      expect(run.open).toBe(shared ? 1 : 2);
    });
    run.tell(5);
    await until(() => {
      for (const tab of [second, third]) expect(tab?.told).toEqual(lesson.slice(0, 5));
    });
    expect(first?.told).toHaveLength(3);
    second?.close();
    third?.close();
    await until(() => {
      expect(run.open).toBe(0);
    });
  });

  test("each tab goes on from its own cursor, and no event is doubled", async () => {
    const run = await serveRun(6);
    const { newTransport } = browserOf();
    const behind = [4, 0, 6, 2].map(
      (cursor) => [new TestTab(newTransport()).follow(cursor), cursor] as const,
    );
    run.tell(7);
    await until(() => {
      for (const [tab, cursor] of behind) expect(tab.told).toEqual(lesson.slice(cursor, 7));
    });
  });

  test("a refusal reaches every tab as the server put it", async () => {
    await serveLog(lesson, { trouble: problem(404, "no") });
    const { newTransport } = browserOf();
    const tabs = [1, 2].map(() => new TestTab(newTransport()).follow());
    await until(() => {
      for (const { ended } of tabs) expect(ended).toMatchObject({ status: 404, detail: "no" });
    });
  });

  test("each token has a stream of its own, with that token", async () => {
    const { seen } = await serveLog(lesson.slice(0, 3));
    const { newTransport } = browserOf();
    const one = new TestTab(newTransport()).follow(0, "pressrun_one");
    const other = new TestTab(newTransport()).follow(0, "pressrun_other");
    await until(() => {
      for (const { told } of [one, other]) expect(told).toHaveLength(3);
    });
    const bearers = new Set(seen.map(({ headers }) => headers.authorization));
    expect(bearers).toEqual(new Set(["Bearer pressrun_one", "Bearer pressrun_other"]));
  });

  test("a tab whose token has changed follows with the new one", async () => {
    const { seen } = await serveLog(lesson.slice(0, 3));
    const { newTransport } = browserOf();
    const tab = new TestTab(newTransport()).follow(0, "pressrun_before");
    await until(() => {
      expect(tab.told).toHaveLength(3);
    });
    tab.close();
    tab.follow(0, "pressrun_after");
    await until(() => {
      expect(tab.told).toHaveLength(6);
    });
    expect(seen.at(-1)?.headers.authorization).toBe("Bearer pressrun_after");
  });

  test("trying now does not wait for the time that was announced", async () => {
    const { newTransport } = browserOf();
    await serveLog(lesson, {
      trouble: (seen, response, requests) =>
        requests === 1 && problem(503, "draining", { "Retry-After": "3600" })(seen, response, requests),
    });
    const tab = new TestTab(newTransport()).follow();
    await until(() => {
      expect(tab.states).toContain("waiting");
    });
    tab.client.retry();
    await until(() => {
      expect(tab.told).toEqual(lesson);
    });
  });
});

test("a leader that is closed is followed by another at once, with no event lost or doubled", async () => {
  const run = await serveRun(3);
  const locks = new FakeLocks();
  const tabs = [1, 2, 3].map(() => new TestTab(new LeaderTransport(locks)).follow());
  await until(() => {
    for (const { told } of tabs) expect(told).toHaveLength(3);
  });
  tabs.shift()?.close();
  run.tell(5);
  await until(() => {
    for (const { told } of tabs) expect(told).toEqual(lesson.slice(0, 5));
  });
  expect(run.cursors.slice(1)).toEqual([3]);
});

test("the leadership is taken from a leader that is frozen; when it thaws it is one among the others", async () => {
  const run = await serveRun(3);
  const locks = new FakeLocks();
  const frozen = new TestTab(new LeaderTransport(locks)).follow();
  await until(() => {
    expect(frozen.told).toHaveLength(3);
  });
  // It holds the lock and its stream, and neither hears nor says anything.
  const receive = vi.spyOn(Hub.prototype, "receive").mockImplementationOnce(() => undefined);
  receive.mockImplementation(() => undefined);
  const other = new TestTab(new LeaderTransport(locks)).follow();
  await vi.waitFor(() => {
    expect(receive).toHaveBeenCalled();
  });
  receive.mockRestore();
  await until(() => {
    expect(other.told).toHaveLength(3);
  });
  run.tell(6);
  await until(() => {
    for (const { told } of [frozen, other]) expect(told).toEqual(lesson.slice(0, 6));
  });
});

test("a worker that is lost is started again, and each tab goes on behind its last event", async () => {
  const run = await serveRun(3);
  const { start, lose } = newWorkers();
  const tabs = [1, 2].map(() => new TestTab(new SharedWorkerTransport(start)).follow());
  await until(() => {
    for (const { told } of tabs) expect(told).toHaveLength(3);
  });
  lose();
  vi.spyOn(Hub.prototype, "receive").mockImplementationOnce(() => undefined); // a dead port says nothing
  run.tell(6);
  await until(() => {
    for (const { told } of tabs) expect(told).toEqual(lesson.slice(0, 6));
  });
});

test("a browser whose shared workers do not work falls back to the next means", async () => {
  await serveRun(3);
  for (const start of [
    (): WorkerLike => {
      throw new Error("not here");
    },
    (): WorkerLike => {
      const { port1 } = new MessageChannel();
      const worker: WorkerLike = { port: port1, onerror: null };
      setTimeout(() => worker.onerror?.(undefined as never), 5);
      return worker;
    },
  ]) {
    const tab = new TestTab(new SharedWorkerTransport(start)).follow();
    expect(tab.client.shared).toBe(true);
    await until(() => {
      expect(tab.told).toHaveLength(3);
    });
    expect(tab.client.shared).toBe(false);
  }
});
