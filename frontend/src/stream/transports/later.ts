/** A transport whose code comes when it is wanted: most browsers never need it. */
import type { Link, LinkListener, Transport } from "../protocol";

export class LaterTransport implements Transport {
  readonly helloTicks: number;
  readonly shared: boolean;
  private readonly load: () => Promise<Transport>;

  /** What it says of itself before it is there is what it will be. */
  constructor(told: Pick<Transport, "helloTicks" | "shared">, load: () => Promise<Transport>) {
    this.helloTicks = told.helloTicks;
    this.shared = told.shared;
    this.load = load;
  }

  open(listener: LinkListener, token: string | null): Link {
    let link: Link | null = null;
    let closed = false;
    let loading = false;
    const open = async (): Promise<void> => {
      loading = true;
      try {
        const transport = await this.load();
        if (closed) return;
        link = transport.open(listener, token);
        link.send({ kind: "ping" });
      } catch {
        // The line is down, most likely: the next ping tries again.
      } finally {
        loading = false;
      }
    };
    void open();
    return {
      send: (message) => {
        if (link !== null) link.send(message);
        else if (!loading && !closed) void open();
      },
      renew: () => link?.renew(),
      close: () => {
        closed = true;
        link?.close();
      },
    };
  }
}
