/** A hub for this tab alone: where a browser has no means to share one. */
import { Hub } from "../hub";
import type { Link, LinkListener, Tab, Transport } from "../protocol";

export class InPageTransport implements Transport {
  readonly helloTicks = Infinity;
  readonly shared = false;

  open({ onMessage }: LinkListener): Link {
    const hub = new Hub();
    let open = true;
    const tab: Tab = {
      send: (message) => {
        queueMicrotask(() => {
          if (open) onMessage(message);
        });
      },
    };
    return {
      send: (message) => {
        queueMicrotask(() => {
          if (open) hub.receive(tab, message);
        });
      },
      renew: () => undefined,
      close: () => {
        open = false;
        hub.close();
      },
    };
  }
}
