/** What a run would show, from the server, without one. */
import { requestOk, UNSAFE_HEADERS } from "./client";
import type { GenerateRequest, PreviewAnswer } from "./types";

/** The page in which its deck is shown; the server says what it may do. */
export const FRAME_URL = "/preview/frame";

/** Raises: `ProblemError`, `UnreachableError`. */
export async function askPreview(body: GenerateRequest, signal: AbortSignal): Promise<PreviewAnswer> {
  const headers = { ...UNSAFE_HEADERS, Accept: "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body), signal };
  return (await (await requestOk("/preview", init)).json()) as PreviewAnswer;
}
