/**
 * A real HTTP server on loopback that tells one log, and that can be told to fail in all the ways a connection fails.
 * The page's relative URLs reach it through `fetch`, which is pointed at it for the length of a test.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished, vi } from "vitest";
import type { RunEvent } from "@/api/types";
import { detailOf, OPERATION_ID, snapshotOf } from "./logs";

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Answers a request by itself and returns true, or leaves it to the log by returning false. */
export type Trouble = (seen: Seen, response: ServerResponse, requests: number) => boolean;

interface LogServer {
  seen: Seen[];
}

export const frame = (event: RunEvent): string =>
  `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** How many bytes of this connection's stream are let through before the socket is destroyed. */
export type Cut = (connection: number) => number;

function tell(response: ServerResponse, text: string, bytes: number): void {
  const whole = Buffer.from(text);
  if (bytes >= whole.length) {
    response.end(whole);
    return;
  }
  response.write(whole.subarray(0, bytes), () => response.destroy());
}

export function json(response: ServerResponse, body: unknown, status = 200): true {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  return true;
}

/** What is not a stream: one run is known, and its list, its lanes and its log are empty unless a test says more. */
function answerOf(url: string, log: readonly RunEvent[]): unknown {
  if (url === `/runs/${OPERATION_ID}`) return detailOf(log);
  if (url === "/lanes") return { lanes: [] };
  return { runs: [], next_cursor: null };
}

function answer(seen: Seen, response: ServerResponse, log: readonly RunEvent[], bytes: number): void {
  if (seen.method === "GET" && !seen.url.endsWith("/events")) {
    json(response, answerOf(seen.url, log));
    return;
  }
  if (seen.url.startsWith("/retention")) {
    json(response, { type: "x", title: "Forbidden", status: 403, detail: "It needs the scope admin." }, 403);
    return;
  }
  if (seen.url === "/preview") {
    json(response, { type: "x", title: "Not found", status: 404, detail: "no previews here" }, 404);
    return;
  }
  if (seen.method !== "GET") {
    response.setHeader("Location", `/runs/${OPERATION_ID}/events`);
    response.setHeader("Run-Disposition", "started");
    json(response, detailOf(log), 202);
    return;
  }
  const cursor = Number(seen.headers["last-event-id"] ?? 0);
  if (cursor === log.length) {
    response.writeHead(204).end();
    return;
  }
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const snapshot = `event: snapshot\ndata: ${JSON.stringify(snapshotOf(log, cursor + 1))}\n\n`;
  tell(response, `retry: 50\n\n${snapshot}${log.slice(cursor).map(frame).join(": ping\n\n")}`, bytes);
}

/** Serves `log` until the test ends. */
export async function serveLog(
  log: readonly RunEvent[],
  { cut = () => Infinity, trouble = () => false }: { cut?: Cut; trouble?: Trouble } = {},
): Promise<LogServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      if (!trouble(one, response, seen.length)) answer(one, response, log, cut(seen.length));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const real = globalThis.fetch;
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => real(new URL(url, base), init));
  onTestFinished(async () => {
    vi.unstubAllGlobals();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { seen };
}

export const problem =
  (status: number, detail: string, headers: Record<string, string> = {}): Trouble =>
  (_, response) => {
    response.writeHead(status, { "Content-Type": "application/problem+json", ...headers });
    response.end(JSON.stringify({ type: "/problems/x", title: "X", status, detail }));
    return true;
  };
