/** Requests that are not streams. Every unsafe one carries `X-Pressrun`, which no foreign page can send. */
import { ProblemError, readProblem, UnreachableError } from "./problems";
import type { Run, RunPage } from "./types";

export const UNSAFE_HEADERS = { "X-Pressrun": "1", "Content-Type": "application/json" } as const;

/** `fetch`, with "no answer" told apart from an abort. */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new UnreachableError(error);
  }
}

async function readJson<T>(response: Response): Promise<T> {
  if (!response.ok) throw new ProblemError(await readProblem(response));
  return (await response.json()) as T;
}

export const runUrl = (operationId: string): string => `/runs/${encodeURIComponent(operationId)}`;

export async function listRuns(cursor: string | null, limit: number, signal?: AbortSignal): Promise<RunPage> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (cursor !== null) query.set("cursor", cursor);
  const init = { headers: { Accept: "application/json" }, ...(signal && { signal }) };
  return readJson<RunPage>(await request(`/runs?${query.toString()}`, init));
}

export async function getRun(operationId: string): Promise<Run> {
  return readJson<Run>(await request(runUrl(operationId), { headers: { Accept: "application/json" } }));
}

/** Asks for the end of this attempt; a later attempt of the same run is not hit. The `cancelled` event tells the rest. */
export async function cancelRun(operationId: string, attempt?: number): Promise<Run> {
  const body = JSON.stringify(attempt === undefined ? {} : { attempt });
  const init = { method: "POST", headers: { ...UNSAFE_HEADERS, Accept: "application/json" }, body };
  return readJson<Run>(await request(`${runUrl(operationId)}/cancel`, init));
}
