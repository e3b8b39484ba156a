/**
 * This tab's side of the hub: subscribes to runs, keeps a cursor for each, and finds another hub when the one it has goes
 * silent. Promises for each subscription: every event behind its cursor, once and in order, whatever becomes of hubs.
 */
import type { Problem } from "@/api/types";
import type { FollowedEvent } from "./events";
import type { Connection } from "./connection";
import type { FromHub, Link, Transport } from "./protocol";

/** Four times a second, while somebody looks: a hub that is gone is found out within a second. */
export const TICK_MS = 250;
/** Pings without an answer after which a hub counts as gone; doubles with each, as this machine may just be slow. */
const PATIENCE_TICKS = 3;
const MOST_PATIENCE_TICKS = 24;
/** Answers in a row after which the hub counts as quick again: a minute of them. */
const CALM_ANSWERS = 240;

export interface RunListener {
  onEvents(events: FollowedEvent[]): void;
  onConnection(connection: Connection): void;
  /** Nothing follows: the story is told (null), or the server says why there is none. */
  onEnd(problem: Problem | null): void;
}

interface Subscription {
  id: number;
  readonly operationId: string;
  cursor: number;
  readonly token: string | null;
  readonly listener: RunListener;
}

export class HubClient {
  private readonly transports: Transport[];
  private readonly isVisible: () => boolean;
  private subscriptions: Subscription[] = [];
  private link: Link | null = null;
  private linkToken: string | null = null;
  private greeted = false;
  private unanswered = 0;
  private patience = PATIENCE_TICKS;
  /** Answers since a hub was given up last. */
  private answers = 0;
  private timer: ReturnType<typeof setInterval> | undefined;
  private nextId = 1;

  /** `transports`: the best first; the last one must always work. */
  constructor(transports: Transport[], isVisible = () => document.visibilityState === "visible") {
    this.transports = [...transports];
    this.isVisible = isVisible;
  }

  /** Whether other tabs may use this tab's streams, and this one theirs. */
  get shared(): boolean {
    return this.transports[0]?.shared === true;
  }

  /** What is behind `cursor` from now on, until the returned function is called or the run has ended. */
  subscribe(operationId: string, cursor: number, token: string | null, listener: RunListener): () => void {
    if (this.link !== null && this.linkToken !== token) this.closeLink();
    const id = this.nextId++;
    const subscription: Subscription = { id, operationId, cursor, token, listener };
    this.subscriptions.push(subscription);
    if (this.link === null) this.openLink(token);
    else if (this.greeted) this.send(subscription);
    return () => {
      if (!this.subscriptions.includes(subscription)) return;
      this.drop(subscription);
      this.link?.send({ kind: "unsubscribe", id: subscription.id });
      this.closeIdle();
    };
  }

  /** Whatever waits for its next attempt to connect: try now. */
  retry(): void {
    this.link?.send({ kind: "retry" });
    this.tick();
  }

  private openLink(token: string | null): void {
    const [transport] = this.transports;
    if (transport === undefined) return;
    this.greeted = false;
    this.unanswered = 0;
    this.linkToken = token;
    const onMessage = (message: FromHub): void => {
      if (this.link === link) this.receive(message);
    };
    const onBroken = (): void => {
      if (this.link !== link || this.transports.length < 2) return;
      this.closeLink();
      this.transports.shift();
      this.openLink(token);
    };
    const link = transport.open({ onMessage, onBroken }, token);
    this.link = link;
    this.link.send({ kind: "ping" });
    this.timer = setInterval(() => {
      this.tick();
    }, TICK_MS);
  }

  private closeLink(): void {
    clearInterval(this.timer);
    this.link?.close();
    this.link = null;
  }

  private closeIdle(): void {
    if (this.subscriptions.length === 0) this.closeLink();
  }

  private tick(): void {
    const { link, transports } = this;
    if (link === null) return;
    if (!this.isVisible()) {
      this.unanswered = 0; // nobody looks; its timers are slow, and it may find out later
      return;
    }
    const patience = this.greeted ? this.patience : (transports[0]?.helloTicks ?? Infinity);
    if (this.unanswered >= patience) {
      this.unanswered = 0;
      this.greeted = false;
      this.patience = Math.min(MOST_PATIENCE_TICKS, this.patience * 2);
      this.answers = 0;
      link.renew();
    } else this.unanswered += 1;
    this.link?.send({ kind: "ping" });
  }

  private receive(message: FromHub): void {
    this.unanswered = 0;
    switch (message.kind) {
      case "hello":
        this.greeted = true;
        for (const subscription of this.subscriptions) this.send(subscription);
        return;
      case "ping":
        this.link?.send({ kind: "pong" });
        return;
      case "pong":
        this.answers += 1;
        if (this.answers >= CALM_ANSWERS) this.patience = PATIENCE_TICKS;
        return;
      default: {
        const subscription = this.subscriptions.find(({ id }) => id === message.id);
        if (subscription !== undefined) this.handOn(subscription, message);
      }
    }
  }

  private handOn(
    subscription: Subscription,
    message: Exclude<FromHub, { kind: "hello" | "ping" | "pong" }>,
  ): void {
    const { listener } = subscription;
    if (message.kind === "connection") listener.onConnection(message.connection);
    else if (message.kind === "events") this.take(subscription, message.events);
    else {
      this.drop(subscription);
      listener.onEnd(message.problem);
      this.closeIdle();
    }
  }

  /** Passes on what is next. A hole (from a hub that is not to be trusted) is not: the hub is asked again. */
  private take(subscription: Subscription, events: FollowedEvent[]): void {
    const next: FollowedEvent[] = [];
    for (const event of events) {
      if (event.type === "snapshot" || event.seq === null) next.push(event);
      else if (event.seq === subscription.cursor + 1) {
        subscription.cursor = event.seq;
        next.push(event);
      } else if (event.seq > subscription.cursor) {
        this.link?.send({ kind: "unsubscribe", id: subscription.id });
        subscription.id = this.nextId++;
        this.send(subscription);
        break;
      }
    }
    if (next.length > 0) subscription.listener.onEvents(next);
  }

  private send({ id, operationId, cursor, token }: Subscription): void {
    this.link?.send({ kind: "subscribe", id, operationId, cursor, token });
  }

  private drop(subscription: Subscription): void {
    this.subscriptions = this.subscriptions.filter((other) => other !== subscription);
  }
}
