/** `/runs…` */
import { getJson, requestOk, send, UNSAFE_HEADERS } from "./client";
import type {
  Explanation,
  GenerateRequest,
  LogPage,
  RetentionReport,
  Run,
  RunDetail,
  RunFilter,
  RunPage,
  RunSpec,
} from "./types";

export const runUrl = (operationId: string): string => `/runs/${encodeURIComponent(operationId)}`;

export async function listRuns(
  filter: RunFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
  { counts = false }: { counts?: boolean } = {},
): Promise<RunPage> {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const name of ["q", "status", "lane", "since", "sort"] as const) {
    const value = filter[name];
    if (value !== undefined && value !== "") query.set(name, value);
  }
  if (filter.pinned === true) query.set("pinned", "1");
  if (counts) query.set("counts", "1");
  if (cursor !== null) query.set("cursor", cursor);
  return getJson<RunPage>(`/runs?${query.toString()}`, signal);
}

export const getRun = (operationId: string, signal?: AbortSignal): Promise<RunDetail> =>
  getJson<RunDetail>(runUrl(operationId), signal);

export const getSpec = (operationId: string, signal?: AbortSignal): Promise<RunSpec> =>
  getJson<RunSpec>(`${runUrl(operationId)}/spec`, signal);

/** What would become of a request right now, and in which fields it differs from the run in the way. Starts nothing. */
export async function explainAdmission(body: GenerateRequest, signal?: AbortSignal): Promise<Explanation> {
  return (await send("POST", "/admission/explain", body, signal)).json() as Promise<Explanation>;
}

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

/** The message of its end goes out once more. Raises: `ProblemError`, 409 while it is still to be delivered. */
export async function sendWebhook(operationId: string): Promise<void> {
  await send("POST", `${runUrl(operationId)}/webhook`);
}

/** Removes the run with its log and its files, for good. */
export async function deleteRun(operationId: string): Promise<void> {
  await send("DELETE", runUrl(operationId));
}

/** Like `deleteRun`, by a page that goes away: nobody hears of a refusal. */
export function deleteRunOnLeaving(operationId: string): void {
  const leaving = { method: "DELETE", headers: UNSAFE_HEADERS, keepalive: true };
  void requestOk(runUrl(operationId), leaving).catch(() => undefined);
}

/** What retention would remove now, and what there is. Starts nothing. Raises: `ProblemError`, 403 without `admin`. */
export async function previewRetention(signal?: AbortSignal): Promise<RetentionReport> {
  return (await send("POST", "/retention?dry_run=1", undefined, signal)).json() as Promise<RetentionReport>;
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
