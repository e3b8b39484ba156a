/**
 * `POST /generate-sse`, or another address that answers alike, once. It asks for no stream (`Prefer: respond-async`), so
 * that it holds no connection: the run is followed as every other one is, and nothing is posted twice because a stream
 * was cut.
 */
import { request, UNSAFE_HEADERS } from "@/api/client";
import { ProblemError, readProblem } from "@/api/problems";
import type { GenerateRequest } from "@/api/types";

export type Disposition = "started" | "joined" | "queued" | "replaced" | "replayed";

export interface StartedRun {
  operationId: string;
  disposition: Disposition;
}

const dispositions: ReadonlySet<string> = new Set<Disposition>([
  "started",
  "joined",
  "queued",
  "replaced",
  "replayed",
]);

const isDisposition = (value: string | null): value is Disposition =>
  value !== null && dispositions.has(value);

/** `/runs/{id}/events` -> id */
function operationIdFrom(response: Response): string {
  const match = /\/runs\/([^/]+)\/events$/.exec(response.headers.get("Location") ?? "");
  if (match?.[1] === undefined)
    throw new Error("The server started a run without saying which (no Location header).");
  return decodeURIComponent(match[1]);
}

/**
 * Safe to call again with the same `idempotencyKey` when nobody answered: the server knows the intention by its key.
 *
 * Raises: `ProblemError` (409, 413, 422, 503 …), `UnreachableError`.
 */
export async function startRun(
  body: GenerateRequest,
  options: { idempotencyKey: string; signal?: AbortSignal; url?: string },
): Promise<StartedRun> {
  const response = await request(options.url ?? "/generate-sse", {
    method: "POST",
    headers: {
      ...UNSAFE_HEADERS,
      Accept: "application/json",
      Prefer: "respond-async",
      "Idempotency-Key": `"${options.idempotencyKey}"`,
    },
    // a second tab with the same text is a second key: it is to watch the run of the first, not to make it again
    body: JSON.stringify({ on_duplicate: "join", ...body }),
    ...(options.signal && { signal: options.signal }),
  });
  if (!response.ok) throw new ProblemError(await readProblem(response));
  await response.body?.cancel();
  const disposition = response.headers.get("Run-Disposition");
  return {
    operationId: operationIdFrom(response),
    disposition: isDisposition(disposition) ? disposition : "started",
  };
}
