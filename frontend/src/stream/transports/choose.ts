/** Which means to share streams this browser has, best first. The last one always works. */
import type { Transport } from "../protocol";
import { LaterTransport } from "./later";
import { SharedWorkerTransport } from "./sharedWorker";
import workerUrl from "./hubWorker?sharedworker&url";

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

/** The page's policy wants scripts vouched for (Trusted Types): this one is our own, and the only one. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy("pressrun-worker", { createScriptURL: () => url });
  return policy?.createScriptURL(url) ?? url;
}

/** Once: a policy of a name may be made only once in a page. */
const trustedUrl = trusted(workerUrl);

export function chooseTransports(): Transport[] {
  const transports: Transport[] = [];
  if ("SharedWorker" in globalThis) {
    transports.push(
      new SharedWorkerTransport(
        () => new SharedWorker(trustedUrl, { name: "pressrun streams", type: "module" }),
      ),
    );
  }
  // Locks and digests are there in secure contexts only: https, or this machine.
  if (globalThis.isSecureContext && "locks" in navigator && "BroadcastChannel" in globalThis)
    transports.push(
      new LaterTransport(
        { helloTicks: 40, shared: true }, // 10 s: its code has to be fetched
        async () => new (await import("./leader")).LeaderTransport(),
      ),
    );
  transports.push(
    new LaterTransport(
      { helloTicks: Infinity, shared: false },
      async () => new (await import("./inPage")).InPageTransport(),
    ),
  );
  return transports;
}
