/**
 * What a tab and the hub that follows runs for it say to each other.
 *
 * A tab subscribes to runs by ids of its own; the hub tells it each event of the run behind its cursor, once and in
 * order. `hello` comes from a hub that does not know the tab: it subscribes anew, to each run behind the last event it has.
 */
import type { Problem } from "@/api/types";
import type { FollowedEvent } from "./events";
import type { Connection } from "./connection";

export interface Subscribe {
  kind: "subscribe";
  id: number;
  operationId: string;
  /** The seq of the last event that the tab has. */
  cursor: number;
  /** Whose run it is, where the server wants to know. Never leaves this machine but to the server. */
  token: string | null;
}

export type ToHub =
  | Subscribe
  | { kind: "unsubscribe"; id: number }
  /** Whatever waits for its next attempt to connect: try now. */
  | { kind: "retry" }
  | { kind: "ping" }
  | { kind: "pong" }
  /** The tab is going away. */
  | { kind: "leave" };

export type FromHub =
  | { kind: "hello" }
  | { kind: "events"; id: number; events: FollowedEvent[] }
  | { kind: "connection"; id: number; connection: Connection }
  /** Nothing follows: the story is told (null), or the server says why there is none. */
  | { kind: "end"; id: number; problem: Problem | null }
  | { kind: "ping" }
  | { kind: "pong" };

/** A tab, as its hub sees it. */
export interface Tab {
  send(message: FromHub): void;
  /** The hub has let the tab go. */
  close?(): void;
}

/** A tab's way to its hub. What is sent while there is none is dropped: the next hub says `hello`. */
export interface Link {
  send(message: ToHub): void;
  /** The hub does not answer: go and find another. */
  renew(): void;
  close(): void;
}

export interface LinkListener {
  onMessage: (message: FromHub) => void;
  /** There is no way to a hub by this means. */
  onBroken: () => void;
}

/** One means to share a hub between the tabs of a browser, or to have one alone. */
export interface Transport {
  /** How many ticks (hubClient.ts) the first `hello` may take. */
  readonly helloTicks: number;
  /** False: each tab has a hub of its own, and should not keep it while nobody looks. */
  readonly shared: boolean;
  open(listener: LinkListener, token: string | null): Link;
}
