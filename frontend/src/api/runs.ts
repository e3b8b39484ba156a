/** `/runs…` */
import { getJson, requestOk, send } from "./client";
import type { LogPage, Run, RunDetail, RunFilter, RunPage, RunSpec } from "./types";

export const runUrl = (operationId: string): string => `/runs/${encodeURIComponent(operationId)}`;

export async function listRuns(
  filter: RunFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<RunPage> {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const name of ["q", "status", "lane", "since"] as const) {
    const value = filter[name];
    if (value !== undefined && value !== "") query.set(name, value);
  }
  if (filter.pinned === true) query.set("pinned", "1");
  if (cursor !== null) query.set("cursor", cursor);
  return getJson<RunPage>(`/runs?${query.toString()}`, signal);
}

export const getRun = (operationId: string, signal?: AbortSignal): Promise<RunDetail> =>
  getJson<RunDetail>(runUrl(operationId), signal);

export const getSpec = (operationId: string, signal?: AbortSignal): Promise<RunSpec> =>
  getJson<RunSpec>(`${runUrl(operationId)}/spec`, signal);

const readRun = async (response: Response): Promise<Run> => (await response.json()) as Run;

/** Asks for the end of this attempt; a later attempt of the same run is not hit. The `cancelled` event tells the rest. */
export async function cancelRun(operationId: string, attempt?: number): Promise<Run> {
  return readRun(
    await send("POST", `${runUrl(operationId)}/cancel`, attempt === undefined ? {} : { attempt }),
  );
}

export async function setPinned(operationId: string, pinned: boolean): Promise<Run> {
  return readRun(await send(pinned ? "PUT" : "DELETE", `${runUrl(operationId)}/pin`));
}

/** Holds a run that waits, so that others pass it, or lets it go on. */
export async function setPaused(operationId: string, paused: boolean): Promise<Run> {
  return readRun(await send("POST", `${runUrl(operationId)}/${paused ? "pause" : "resume"}`));
}

/** The same run goes on: follow its events behind the last one seen. */
export async function retryRun(operationId: string, onBusy: "reject" | "queue"): Promise<Run> {
  return readRun(await send("POST", `${runUrl(operationId)}/retry`, { on_busy: onBusy }));
}

/** Removes the run with its log and its files, for good. */
export async function deleteRun(operationId: string): Promise<void> {
  await send("DELETE", runUrl(operationId));
}

/** What was written down behind the first `after` lines. A line that is not JSON is shown as it is. */
export async function getLog(operationId: string, after: number, signal?: AbortSignal): Promise<LogPage> {
  const url = `${runUrl(operationId)}/log?format=jsonl&after=${after}`;
  const response = await requestOk(url, signal === undefined ? {} : { signal });
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return lines.map(readLine);
}

function readLine(text: string): LogPage[number] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as LogPage[number];
  } catch {
    // shown as it is
  }
  return { event: text };
}
