/**
 * The bearer token of this tab, for servers that want one. It is kept in sessionStorage, which ends with the tab, and is
 * sent in the `Authorization` header to this server alone: never in an address, never in a cookie.
 */
export interface AccessState {
  token: string | null;
  /** Why a token is asked for: the server wants one, does not know the one it got, or somebody has signed out. */
  wanted: "missing" | "refused" | "signed_out" | null;
}

const KEY = "pressrun.token";

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function store(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // Storage is off: the token lives as long as the page.
  }
}

/** A path on this server. `//host` and `/\host` are other servers to a browser. */
const isOwn = (url: string): boolean => /^\/(?![/\\\s])/.test(url);

export class Access {
  private current: AccessState = { token: stored(), wanted: null };
  private readonly listeners = new Set<() => void>();

  readonly read = (): AccessState => this.current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  tokenFor(url: string): string | null {
    return isOwn(url) ? this.current.token : null;
  }

  /** The server answered 401 to a request that carried `sent`. */
  deny(sent: string | null): void {
    if (sent !== this.current.token || this.current.wanted === "signed_out") return;
    this.set({ ...this.current, wanted: sent === null ? "missing" : "refused" });
  }

  enter(token: string): void {
    store(token);
    this.set({ token, wanted: null });
  }

  signOut(): void {
    store(null);
    this.set({ token: null, wanted: "signed_out" });
  }

  /** As after a reload. */
  reload(): void {
    this.set({ token: stored(), wanted: null });
  }

  private set(next: AccessState): void {
    if (next.token === this.current.token && next.wanted === this.current.wanted) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }
}

/** The one of this page: `request` reads it, and there is one page. */
export const access = new Access();
