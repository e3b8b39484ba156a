/**
 * One follower per run and tab, however many parts of the screen look at it. Lives as long as somebody looks.
 *
 * The application makes one `RunFeeds` and passes it down (`RunFeedsContext`); nothing else follows runs.
 */
import { getRun } from "@/api/runs";
import { explain, ProblemError } from "@/api/problems";
import { type Connection, followRun } from "./followRun";
import { emptyRunView, reduceRun, type RunView } from "./reduceRun";
import type { Disposition, StartedRun } from "./startRun";

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

class Feed {
  current: RunFeed;
  readonly operationId: string;
  readonly listeners: Set<() => void>;
  private readonly onClosed: () => void;
  private readonly abort = new AbortController();
  private pending: RunFeed;
  private batch: ReturnType<typeof setTimeout> | undefined;
  private linger: ReturnType<typeof setTimeout> | undefined;

  constructor(
    operationId: string,
    disposition: Disposition | null,
    listeners: Set<() => void>,
    onClosed: () => void,
  ) {
    this.operationId = operationId;
    this.listeners = listeners;
    this.onClosed = onClosed;
    this.current = {
      view: emptyRunView(operationId),
      connection: { state: "connecting", failures: 0 },
      failure: null,
      disposition,
    };
    this.pending = this.current;
    this.mind();
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
    if (this.pending.connection.state === "closed" && !this.abort.signal.aborted) void this.follow();
  }

  async follow(first?: Response): Promise<void> {
    const onConnection = (connection: Connection): void => {
      this.update({ connection });
    };
    const lastEventId = this.pending.view.lastSeq;
    try {
      const options = { lastEventId, signal: this.abort.signal, onConnection, ...(first && { first }) };
      for await (const event of followRun(this.operationId, options)) {
        this.update({ view: reduceRun(this.pending.view, event) });
      }
    } catch (error) {
      await this.explainEnd(error);
    }
  }

  close(): void {
    clearTimeout(this.linger);
    clearTimeout(this.batch);
    this.abort.abort();
    this.onClosed();
  }

  /** 410: the log is gone, but the run may still be shown. */
  private async explainEnd(error: unknown): Promise<void> {
    const failure = toProblem(error);
    if (failure.problem.status !== 410) {
      this.update({ failure });
      return;
    }
    try {
      const run = await getRun(this.operationId);
      this.update({
        view: reduceRun(this.pending.view, { ...run, type: "snapshot", from: run.last_event_id + 1 }),
      });
    } catch (cause) {
      this.update({ failure: toProblem(cause) });
    }
  }

  private update(change: Partial<RunFeed>): void {
    this.pending = { ...this.pending, ...change };
    this.batch ??= setTimeout(() => {
      this.batch = undefined;
      this.current = this.pending;
      for (const listener of this.listeners) listener();
    }, BATCH_MS);
  }
}

const toProblem = (error: unknown): ProblemError =>
  error instanceof ProblemError
    ? error
    : new ProblemError({
        type: "about:blank",
        title: "This run cannot be shown",
        status: 0,
        detail: explain(error),
      });

export class RunFeeds {
  private readonly feeds = new Map<string, Feed>();

  /** Takes over the response of a POST as the first connection of its run, unless the run is followed already. */
  adopt({ operationId, disposition, response }: StartedRun): void {
    if (this.feeds.has(operationId)) {
      void response.body?.cancel();
      return;
    }
    this.open(operationId, disposition, response);
  }

  read(operationId: string): RunFeed {
    return (this.feeds.get(operationId) ?? this.open(operationId)).current;
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

  /** Connects anew after a failure, for a person who presses "Try again". */
  reopen(operationId: string): void {
    const feed = this.feeds.get(operationId);
    if (feed === undefined) return;
    feed.close();
    this.open(operationId, null, undefined, feed.listeners);
    for (const listener of [...feed.listeners]) listener();
  }

  /** For another caller: what the one before was refused may be shown to this one. */
  reopenAll(): void {
    for (const operationId of [...this.feeds.keys()]) this.reopen(operationId);
  }

  /** Follows a run that had ended and goes on, behind the last event that was seen. */
  goOn(operationId: string): void {
    this.feeds.get(operationId)?.goOn();
  }

  /** The run is no more. */
  forget(operationId: string): void {
    this.feeds.get(operationId)?.close();
  }

  /** Closes every connection; a feed that is asked for afterwards is opened anew. */
  close(): void {
    for (const feed of [...this.feeds.values()]) feed.close();
  }

  /** `listeners`: of the feed before, who go on listening to this one. */
  private open(
    operationId: string,
    disposition: Disposition | null = null,
    first?: Response,
    listeners = new Set<() => void>(),
  ): Feed {
    const feed = new Feed(operationId, disposition, listeners, () => {
      if (this.feeds.get(operationId) === feed) this.feeds.delete(operationId);
    });
    this.feeds.set(operationId, feed);
    void feed.follow(first);
    return feed;
  }
}
