/** The hub in a shared worker: it outlives every single tab, and no tab's work slows it down. */
import type { FromHub, Link, LinkListener, ToHub, Transport } from "../protocol";

/** What of a `SharedWorker` is used. */
export interface WorkerLike {
  readonly port: MessagePort;
  onerror: ((event: never) => void) | null;
}

/** A worker that was lost is started again by the browser; one that hangs is not, and is given up. */
const MOST_RENEWALS = 2;

export class SharedWorkerTransport implements Transport {
  readonly helloTicks = 40; // 10 s: the worker's script has to be fetched and started
  readonly shared = true;
  private readonly start: () => WorkerLike;

  constructor(start: () => WorkerLike) {
    this.start = start;
  }

  open({ onMessage, onBroken }: LinkListener): Link {
    let port: MessagePort | null = null;
    let renewals = 0;
    const connect = (): void => {
      let worker: WorkerLike;
      try {
        worker = this.start();
      } catch {
        queueMicrotask(onBroken); // not by the rules of this page or this browser
        return;
      }
      port = worker.port;
      worker.onerror = () => {
        onBroken();
      };
      port.onmessage = ({ data }: MessageEvent<FromHub>) => {
        renewals = 0;
        onMessage(data);
      };
    };
    const disconnect = (): void => {
      port?.postMessage({ kind: "leave" } satisfies ToHub);
      port?.close();
      port = null;
    };
    connect();
    return {
      send: (message) => {
        port?.postMessage(message);
      },
      renew: () => {
        disconnect();
        renewals += 1;
        if (renewals > MOST_RENEWALS) onBroken();
        else connect();
      },
      close: disconnect,
    };
  }
}
