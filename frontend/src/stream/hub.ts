/**
 * Follows runs for tabs: one stream for each run (and token), however many tabs look at it, none while none does.
 *
 * Keeps what a run has told since the lowest cursor, so that a tab that comes later needs no stream of its own. Where it
 * lives (a shared worker, one of the tabs) is not its business, and when it is gone another one goes on from the cursors
 * of the tabs: it has nothing that could be lost.
 */
import { requestWith } from "@/api/client";
import { explain, ProblemError } from "@/api/problems";
import type { Problem, SnapshotEvent } from "@/api/types";
import { pause } from "./backoff";
import type { FollowedEvent } from "./events";
import type { Connection } from "./connection";
import { followRun, type FollowOptions } from "./followRun";
import type { FromHub, Subscribe, Tab, ToHub } from "./protocol";
import { Turns } from "./turns";

/** A tab that does not answer this many pings is gone, or frozen and not looking. */
const MOST_UNANSWERED = 3;
const PING_EVERY_MS = 10_000; // as the server's own heartbeat

export type Follow = (
  operationId: string,
  options: FollowOptions,
) => AsyncGenerator<FollowedEvent, void, undefined>;

interface Subscriber {
  readonly tab: Tab;
  readonly id: number;
  cursor: number;
}

/** A run that is being followed, and for whom. */
interface SharedRun {
  readonly operationId: string;
  readonly token: string | null;
  readonly subscribers: Set<Subscriber>;
  /** The events behind `base`, in order; those without a seq are passed on only. */
  events: (FollowedEvent & { seq: number })[];
  base: number;
  snapshot: SnapshotEvent | null;
  connection: Connection;
  abort: AbortController;
}

export class Hub {
  private readonly follow: Follow;
  private readonly turns = new Turns();
  private readonly wake = new EventTarget();
  private readonly tabs = new Map<Tab, { unanswered: number; subscribers: Map<number, Subscriber> }>();
  private readonly runs = new Map<string, SharedRun>();
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(follow: Follow = followRun) {
    this.follow = follow;
    this.timer = setInterval(() => {
      this.ping();
    }, PING_EVERY_MS);
  }

  /** A tab that is not known is greeted first, whatever it says. */
  receive(tab: Tab, message: ToHub): void {
    if (message.kind === "leave") {
      this.leave(tab);
      return;
    }
    const known = this.tabs.get(tab) ?? this.greet(tab);
    known.unanswered = 0;
    if (message.kind === "ping") tab.send({ kind: "pong" });
    if (message.kind === "subscribe") this.subscribe(tab, known.subscribers, message);
    if (message.kind === "unsubscribe") this.unsubscribe(known.subscribers, message.id);
    if (message.kind === "retry") this.wake.dispatchEvent(new Event("wake"));
  }

  leave(tab: Tab): void {
    const known = this.tabs.get(tab);
    this.tabs.delete(tab);
    tab.close?.();
    for (const id of [...(known?.subscribers.keys() ?? [])]) this.unsubscribe(known?.subscribers, id);
  }

  close(): void {
    clearInterval(this.timer);
    for (const tab of [...this.tabs.keys()]) this.leave(tab);
  }

  private greet(tab: Tab) {
    const known = { unanswered: 0, subscribers: new Map<number, Subscriber>() };
    this.tabs.set(tab, known);
    tab.send({ kind: "hello" });
    return known;
  }

  private ping(): void {
    for (const [tab, known] of [...this.tabs]) {
      if (known.unanswered >= MOST_UNANSWERED) this.leave(tab);
      else tab.send({ kind: "ping" });
      known.unanswered += 1;
    }
  }

  private subscribe(tab: Tab, subscribers: Map<number, Subscriber>, asked: Subscribe): void {
    if (subscribers.has(asked.id)) return;
    const { operationId, token, cursor, id } = asked;
    const key = JSON.stringify([operationId, token]);
    const subscriber: Subscriber = { tab, id, cursor };
    subscribers.set(id, subscriber);
    let run = this.runs.get(key);
    if (run === undefined) {
      run = newSharedRun(operationId, token, cursor);
      this.runs.set(key, run);
      run.subscribers.add(subscriber);
      void this.followFor(key, run);
      return;
    }
    run.subscribers.add(subscriber);
    tab.send({ kind: "connection", id, connection: run.connection });
    if (cursor < run.base) this.startOver(key, run, cursor);
    else tell(run, subscriber);
  }

  /** From a lower cursor than anybody had: what is told twice so is passed on once. */
  private startOver(key: string, run: SharedRun, cursor: number): void {
    run.abort.abort();
    Object.assign(run, { abort: new AbortController(), base: cursor, events: [], snapshot: null });
    void this.followFor(key, run);
  }

  private unsubscribe(subscribers: Map<number, Subscriber> | undefined, id: number): void {
    const subscriber = subscribers?.get(id);
    if (subscriber === undefined) return;
    subscribers?.delete(id);
    for (const [key, run] of this.runs) {
      if (!run.subscribers.delete(subscriber) || run.subscribers.size > 0) continue;
      run.abort.abort();
      this.runs.delete(key);
    }
  }

  private async followFor(key: string, run: SharedRun): Promise<void> {
    const { signal } = run.abort;
    const options: FollowOptions = {
      lastEventId: run.base,
      signal,
      turns: this.turns,
      wait: (ms, until) => pause(ms, until, this.wake),
      ask: (url, init) => requestWith(run.token, url, init),
      onConnection: (connection) => {
        if (signal.aborted || connection.state === "closed") return; // the end says that, and why
        run.connection = connection;
        for (const { tab, id } of run.subscribers) tab.send({ kind: "connection", id, connection });
      },
    };
    let problem: Problem | null = null;
    try {
      for await (const event of this.follow(run.operationId, options)) {
        if (signal.aborted) return;
        take(run, event);
      }
    } catch (error) {
      problem = toProblem(error);
    }
    if (signal.aborted) return;
    this.runs.delete(key);
    for (const { tab, id } of run.subscribers) {
      this.tabs.get(tab)?.subscribers.delete(id);
      tab.send({ kind: "end", id, problem });
    }
  }
}

const newSharedRun = (operationId: string, token: string | null, cursor: number): SharedRun => ({
  operationId,
  token,
  subscribers: new Set(),
  events: [],
  base: cursor,
  snapshot: null,
  connection: { state: "connecting", failures: 0, since: Date.now() },
  abort: new AbortController(),
});

function take(run: SharedRun, event: FollowedEvent): void {
  if (event.type === "snapshot") run.snapshot = event;
  else if (event.seq !== null) run.events.push({ ...event, seq: event.seq });
  for (const subscriber of run.subscribers) {
    if (event.type !== "snapshot" && event.seq !== null) tellNext(run, subscriber);
    else subscriber.tab.send({ kind: "events", id: subscriber.id, events: [event] });
  }
}

/** For a tab that comes while the run is being followed. */
function tell(run: SharedRun, subscriber: Subscriber): void {
  if (run.snapshot !== null)
    subscriber.tab.send({ kind: "events", id: subscriber.id, events: [run.snapshot] });
  tellNext(run, subscriber);
}

/** All that is behind the subscriber's cursor. */
function tellNext(run: SharedRun, subscriber: Subscriber): void {
  const events = run.events.slice(Math.max(0, subscriber.cursor - run.base));
  const last = events.at(-1);
  if (last === undefined) return;
  subscriber.cursor = last.seq;
  const message: FromHub = { kind: "events", id: subscriber.id, events };
  subscriber.tab.send(message);
}

/** A refusal as the server gave it, made up where it was something else that went wrong. */
const toProblem = (error: unknown): Problem =>
  error instanceof ProblemError
    ? error.problem
    : { type: "about:blank", title: "This run cannot be shown", status: 0, detail: explain(error) };
