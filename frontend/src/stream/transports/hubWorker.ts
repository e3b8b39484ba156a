/** The script of the shared worker: one hub for all tabs of this browser. It ends with the last of them. */
import { Hub } from "../hub";
import { servePort } from "./ports";

const hub = new Hub();

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port !== undefined) servePort(hub, port);
});
