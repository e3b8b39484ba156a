import type { Hub } from "../hub";
import type { Tab, ToHub } from "../protocol";

/** The tab at the other end of a port is served by this hub. */
export function servePort(hub: Hub, port: MessagePort): void {
  const tab: Tab = {
    send: (message) => {
      port.postMessage(message);
    },
  };
  port.onmessage = ({ data }: MessageEvent<ToHub>) => {
    hub.receive(tab, data);
  };
}
