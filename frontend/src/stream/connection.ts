/** How a run is connected to: what those who follow one say, and those who show it read. Pure. */

/** Instants are in ms, by the clock of this machine. */
export type Connection =
  /** `failures`: connections lost or refused since the last event. `since`: when the server was last heard. */
  | { state: "connecting"; failures: number; since: number }
  | { state: "live" }
  | { state: "waiting"; failures: number; since: number; retryAt: number }
  /** A person wants to see no more of it for now; the run goes on. */
  | { state: "paused" }
  | { state: "closed" };

/** Since when the server has not been heard, where that is known to be too long; null while all is well. */
export const lostSince = (connection: Connection): number | null =>
  (connection.state === "connecting" || connection.state === "waiting") && connection.failures > 0
    ? connection.since
    : null;
