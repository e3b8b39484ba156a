/**
 * The hub in one of the tabs, the leader: who holds a lock of the browser leads, and the others talk to it over
 * broadcast channels. A tab that is closed or crashes loses the lock at once; from one that is frozen it is taken away.
 *
 * Tabs with different tokens have different leaders, so that no token is ever sent to another tab.
 */
import { Hub } from "../hub";
import type { FromHub, Link, LinkListener, Tab, ToHub, Transport } from "../protocol";

/** Says which version of the words below is spoken: tabs of an older page have a leader of their own. */
const VERSION = 1;

/** On the channel that all tabs of a group share. */
type Common = { kind: "who" } | { kind: "leader"; tab: string };

/** On the channel that one tab alone listens to. */
type Letter = { from: string; toHub: ToHub } | { from: string; toTab: FromHub };

type Locks = Pick<LockManager, "request">;

export class LeaderTransport implements Transport {
  readonly helloTicks = 4; // 1 s: whoever leads answers at once
  readonly shared = true;
  private readonly locks: Locks;

  constructor(locks: Locks = navigator.locks) {
    this.locks = locks;
  }

  open(listener: LinkListener, token: string | null): Link {
    return new Member(this.locks, listener, token);
  }
}

async function groupOf(token: string | null): Promise<string> {
  if (token === null) return "open";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const inboxOf = (tab: string): BroadcastChannel => new BroadcastChannel(`pressrun.tab.${VERSION}.${tab}`);

class Member implements Link {
  private readonly me = crypto.randomUUID();
  private readonly locks: Locks;
  private readonly listener: LinkListener;
  private readonly token: string | null;
  private readonly closed = new AbortController();
  private readonly inbox = inboxOf(this.me);
  private group = "";
  private common: BroadcastChannel | null = null;
  private leader: { tab: string; inbox: BroadcastChannel } | null = null;
  private hub: Hub | null = null;
  /** As the hub here sees the others, while this tab leads. */
  private readonly others = new Map<string, Tab>();
  private readonly self: Tab = {
    send: (message) => {
      queueMicrotask(() => {
        this.deliver(message);
      });
    },
  };
  private candidacy = new AbortController();
  private resign: () => void = () => undefined;

  constructor(locks: Locks, listener: LinkListener, token: string | null) {
    this.locks = locks;
    this.listener = listener;
    this.token = token;
    this.inbox.onmessage = ({ data }: MessageEvent<Letter>) => {
      this.read(data);
    };
    void this.join();
  }

  send(message: ToHub): void {
    const { hub } = this;
    if (hub !== null) {
      queueMicrotask(() => {
        if (this.hub === hub) this.toOwnHub(hub, this.self, message);
      });
    } else if (this.leader !== null) {
      // The leader has the same token, and uses its own.
      const toHub = message.kind === "subscribe" ? { ...message, token: null } : message;
      this.leader.inbox.postMessage({ from: this.me, toHub } satisfies Letter);
    } else this.common?.postMessage({ kind: "who" } satisfies Common);
  }

  /** Takes the lock away from a leader that does not answer. */
  renew(): void {
    if (this.hub !== null || this.group === "") return;
    this.candidacy.abort();
    void this.lead({ steal: true });
  }

  close(): void {
    this.send({ kind: "leave" });
    this.closed.abort();
    this.candidacy.abort();
    this.abdicate();
    this.resign();
    this.leader?.inbox.close();
    this.common?.close();
    this.inbox.close();
  }

  private async join(): Promise<void> {
    this.group = `pressrun.hub.${VERSION}.${await groupOf(this.token)}`;
    if (this.closed.signal.aborted) return;
    this.common = new BroadcastChannel(this.group);
    this.common.onmessage = ({ data }: MessageEvent<Common>) => {
      if (data.kind === "leader") this.followLeader(data.tab);
      else if (this.hub !== null) this.announce();
    };
    this.send({ kind: "ping" });
    this.stand();
  }

  /** Waits in the browser's queue for the lock. */
  private stand(): void {
    this.candidacy = new AbortController();
    void this.lead({ signal: this.candidacy.signal });
  }

  /** Returns when it leads no more. */
  private async lead(options: LockOptions): Promise<void> {
    try {
      await this.locks.request(this.group, options, () => this.reign());
    } catch (error) {
      if (this.closed.signal.aborted) return;
      if (!(error instanceof DOMException && error.name === "AbortError")) {
        this.listener.onBroken();
        return;
      }
      if (options.signal?.aborted === true) return; // it has been elected otherwise
      // Another tab took the lock: this one was frozen, or had too much to do.
      this.abdicate();
      this.resign();
      this.stand();
    }
  }

  private reign(): Promise<void> {
    if (this.closed.signal.aborted) return Promise.resolve();
    this.hub = new Hub();
    this.leader?.inbox.close();
    this.leader = null;
    this.announce();
    this.send({ kind: "ping" });
    return new Promise((resolve) => {
      this.resign = resolve;
    });
  }

  private abdicate(): void {
    this.hub?.close();
    this.hub = null;
    this.others.clear();
  }

  private announce(): void {
    this.common?.postMessage({ kind: "leader", tab: this.me } satisfies Common);
  }

  private followLeader(tab: string): void {
    if (this.hub !== null || this.leader?.tab === tab) return;
    this.leader?.inbox.close();
    this.leader = { tab, inbox: inboxOf(tab) };
    this.send({ kind: "ping" });
  }

  private read(letter: Letter): void {
    if ("toHub" in letter) {
      if (this.hub !== null) this.toOwnHub(this.hub, this.tabOf(letter.from), letter.toHub);
    } else if (letter.from === this.leader?.tab) this.deliver(letter.toTab);
  }

  private deliver(message: FromHub): void {
    if (!this.closed.signal.aborted) this.listener.onMessage(message);
  }

  private toOwnHub(hub: Hub, tab: Tab, message: ToHub): void {
    hub.receive(tab, message.kind === "subscribe" ? { ...message, token: this.token } : message);
  }

  private tabOf(name: string): Tab {
    const known = this.others.get(name);
    if (known !== undefined) return known;
    const inbox = inboxOf(name);
    const tab: Tab = {
      send: (toTab) => {
        inbox.postMessage({ from: this.me, toTab } satisfies Letter);
      },
      close: () => {
        inbox.close();
        this.others.delete(name);
      },
    };
    this.others.set(name, tab);
    return tab;
  }
}
