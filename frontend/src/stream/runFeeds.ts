/**
 * One feed per run and tab, however many parts of the screen look at it. Lives as long as somebody looks.
 *
 * A page has one `RunFeeds` (feedsPlace.ts); nothing else follows runs. What is told of
 * them comes from the hub, which the tabs of a browser share (hubClient.ts).
 */
import { access } from "@/api/access";
import { ProblemError } from "@/api/problems";
import { reach } from "@/api/reach";
import { getRun } from "@/api/runs";
import type { Problem } from "@/api/types";
import { Attention, HIDDEN_GRACE_MS } from "./attention";
import { type Connection, lostSince } from "./connection";
import { HubClient } from "./hubClient";
import { emptyRunView, hasEnded, reduceRun, type RunView } from "./reduceRun";
import type { Disposition, StartedRun } from "./startRun";
import { chooseTransports } from "./transports/choose";

export interface RunFeed {
  readonly view: RunView;
  readonly connection: Connection;
  /** Why there is nothing to follow: no such run, not allowed. */
  readonly failure: ProblemError | null;
  /** What became of the POST that led here; null when the run was opened by its address. */
  readonly disposition: Disposition | null;
}

/** Listeners come and go while a screen changes; a feed that nobody has looked at for this long is closed. */
const LINGER_MS = 5000;
/** Events are shown in batches: a replay of a long log must not render once per event. Not a frame, as those stop in hidden tabs. */
const BATCH_MS = 50;
/** How often a hidden tab asks how its run stands, for its title: browsers let such a tab do something once a minute. */
const GLANCE_MS = 60_000;

const connecting = (): Connection => ({ state: "connecting", failures: 0, since: Date.now() });

/** What there is to show before anything is known. */
export const blankFeed = (operationId: string, disposition: Disposition | null = null): RunFeed => ({
  view: emptyRunView(operationId),
  connection: connecting(),
  failure: null,
  disposition,
});

class Feed {
  current: RunFeed;
  readonly operationId: string;
  readonly listeners: Set<() => void>;
  private readonly hub: HubClient;
  private readonly attention: Attention;
  private readonly onClosed: () => void;
  private readonly stopMinding: () => void;
  private pending: RunFeed;
  private closed = false;
  private unsubscribe: (() => void) | null = null;
  private batch: ReturnType<typeof setTimeout> | undefined;
  private linger: ReturnType<typeof setTimeout> | undefined;
  private glances: ReturnType<typeof setInterval> | undefined;

  constructor(
    operationId: string,
    disposition: Disposition | null,
    listeners: Set<() => void>,
    shared: { hub: HubClient; attention: Attention },
    onClosed: () => void,
  ) {
    this.operationId = operationId;
    this.listeners = listeners;
    this.hub = shared.hub;
    this.attention = shared.attention;
    this.onClosed = onClosed;
    this.current = blankFeed(operationId, disposition);
    this.pending = this.current;
    this.stopMinding = shared.attention.subscribe((looking) => {
      this.onAttention(looking);
    });
    this.mind();
    if (shared.attention.looking) this.follow();
    else this.onAttention(false);
  }

  /** Stays as long as somebody looks, and for a moment more. */
  mind(): void {
    clearTimeout(this.linger);
    if (this.listeners.size > 0) return;
    this.linger = setTimeout(() => {
      this.close();
    }, LINGER_MS);
  }

  /** Does nothing while the run is being followed anyway. */
  goOn(): void {
    if (this.pending.connection.state === "closed" && !this.closed) this.follow();
  }

  /** What is shown stays as it is until `resume`; nothing is missed. */
  pause(): void {
    if (this.pending.connection.state === "closed" || this.closed) return;
    this.unsubscribe?.();
    this.unsubscribe = null;
    this.update({ connection: { state: "paused" } });
  }

  resume(): void {
    if (this.pending.connection.state !== "paused" || this.closed) return;
    if (this.attention.looking) this.follow();
    else this.update({ connection: connecting() });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.linger);
    clearTimeout(this.batch);
    clearInterval(this.glances);
    this.stopMinding();
    this.unsubscribe?.();
    this.onClosed();
  }

  private follow(): void {
    const token = access.tokenFor("/runs");
    this.update({ connection: connecting() });
    this.unsubscribe = this.hub.subscribe(this.operationId, this.pending.view.lastSeq, token, {
      onEvents: (events) => {
        this.update({ view: events.reduce(reduceRun, this.pending.view) });
      },
      onConnection: (connection) => {
        const back = connection.state === "live" && lostSince(this.pending.connection) !== null;
        this.update({ connection });
        if (back) reach.restored();
      },
      onEnd: (problem) => {
        this.unsubscribe = null;
        if (problem?.status === 401) access.deny(token);
        this.update({ connection: { state: "closed" } });
        if (problem !== null) void this.explainEnd(problem);
      },
    });
  }

  /** While nobody looks there is no stream; what is missed comes when somebody does. */
  private onAttention(looking: boolean): void {
    clearInterval(this.glances);
    const { state } = this.pending.connection;
    if (state === "closed" || state === "paused") return;
    if (looking) {
      if (this.unsubscribe === null) this.follow();
      return;
    }
    this.unsubscribe?.();
    this.unsubscribe = null;
    this.glances = setInterval(() => {
      void this.glance();
    }, GLANCE_MS);
  }

  private async glance(): Promise<void> {
    if (hasEnded(this.pending.view.status)) {
      clearInterval(this.glances);
      return;
    }
    try {
      await this.showRun();
    } catch {
      // Nobody looks: whoever does next is told what is wrong.
    }
  }

  /** 410: the log is gone, but the run may still be shown. */
  private async explainEnd(problem: Problem): Promise<void> {
    if (problem.status !== 410) {
      this.update({ failure: new ProblemError(problem) });
      return;
    }
    try {
      await this.showRun();
    } catch (cause) {
      this.update({ failure: cause instanceof ProblemError ? cause : new ProblemError(problem) });
    }
  }

  private async showRun(): Promise<void> {
    const run = await getRun(this.operationId);
    this.update({
      view: reduceRun(this.pending.view, { ...run, type: "snapshot", from: run.last_event_id + 1 }),
    });
  }

  private update(change: Partial<RunFeed>): void {
    if (this.closed) return;
    this.pending = { ...this.pending, ...change };
    this.batch ??= setTimeout(() => {
      this.batch = undefined;
      this.current = this.pending;
      for (const listener of this.listeners) listener();
    }, BATCH_MS);
  }
}

export class RunFeeds {
  private readonly feeds = new Map<string, Feed>();
  private readonly hub: HubClient;
  private readonly attention: Attention;

  constructor(hub = new HubClient(chooseTransports())) {
    this.hub = hub;
    this.attention = new Attention(() => (hub.shared ? HIDDEN_GRACE_MS : 0));
  }

  /** Minds who looks at the page, and whether the server is there; the returned function ends that, and closes every feed. */
  attend(): () => void {
    const retry = (): void => {
      this.retry();
    };
    const leave = [this.attention.watch(), reach.onRestored(retry), this.mindCaller()];
    addEventListener("online", retry);
    document.addEventListener("visibilitychange", retry);
    return () => {
      removeEventListener("online", retry);
      document.removeEventListener("visibilitychange", retry);
      for (const each of leave) each();
      this.close();
    };
  }

  /** The run that a POST has started, unless it is followed already. */
  adopt({ operationId, disposition }: StartedRun): void {
    if (!this.feeds.has(operationId)) this.open(operationId, disposition);
  }

  /** Null while nobody has subscribed to it. Opens nothing. */
  peek(operationId: string): RunFeed | null {
    return this.feeds.get(operationId)?.current ?? null;
  }

  subscribe(operationId: string, listener: () => void): () => void {
    const { listeners } = this.feeds.get(operationId) ?? this.open(operationId);
    listeners.add(listener);
    this.feeds.get(operationId)?.mind();
    return () => {
      listeners.delete(listener);
      this.feeds.get(operationId)?.mind();
    };
  }

  /** Whatever waits to be connected again: now. */
  retry(): void {
    this.hub.retry();
  }

  /** Connects anew after a failure, for a person who presses "Try again". */
  reopen(operationId: string): void {
    const feed = this.feeds.get(operationId);
    if (feed === undefined) return;
    feed.close();
    this.open(operationId, null, feed.listeners);
    for (const listener of [...feed.listeners]) listener();
  }

  /** What one caller was refused may be shown to the next; to nobody, what was shown to the one before. */
  private mindCaller(): () => void {
    let before = access.read().token;
    return access.subscribe(() => {
      const { token } = access.read();
      if (token === before) return;
      before = token;
      if (token === null) this.close();
      else for (const operationId of [...this.feeds.keys()]) this.reopen(operationId);
    });
  }

  /** Follows a run that had ended and goes on, behind the last event that was seen. */
  goOn(operationId: string): void {
    this.feeds.get(operationId)?.goOn();
  }

  /** A person wants to see no more of it for now; the run goes on. */
  pause(operationId: string): void {
    this.feeds.get(operationId)?.pause();
  }

  resume(operationId: string): void {
    this.feeds.get(operationId)?.resume();
  }

  /** The run is no more. */
  forget(operationId: string): void {
    this.feeds.get(operationId)?.close();
  }

  /** Closes every feed; one that is asked for afterwards is opened anew. */
  close(): void {
    for (const feed of [...this.feeds.values()]) feed.close();
  }

  /** `listeners`: of the feed before, who go on listening to this one. */
  private open(
    operationId: string,
    disposition: Disposition | null = null,
    listeners = new Set<() => void>(),
  ): Feed {
    const feed = new Feed(
      operationId,
      disposition,
      listeners,
      { hub: this.hub, attention: this.attention },
      () => {
        if (this.feeds.get(operationId) === feed) this.feeds.delete(operationId);
      },
    );
    this.feeds.set(operationId, feed);
    return feed;
  }
}
