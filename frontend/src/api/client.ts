/** Requests to this server. Every unsafe one carries `X-Pressrun`, which no foreign page can send. */
import { access } from "./access";
import { ProblemError, readProblem, UnreachableError } from "./problems";
import { reach } from "./reach";

export const UNSAFE_HEADERS = { "X-Pressrun": "1", "Content-Type": "application/json" } as const;

/** `fetch` with a token, if there is one; "no answer" is told apart from an abort. */
export async function requestWith(
  token: string | null,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(url, { ...init, headers, cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new UnreachableError(error);
  }
}

/** The same with this tab's token. */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const token = access.tokenFor(url);
  const reads = init.method === undefined || init.method === "GET" || init.method === "HEAD";
  try {
    const response = await requestWith(token, url, init);
    if (response.status === 401) access.deny(token);
    if (reads) reach.note(response.status);
    return response;
  } catch (error) {
    if (reads && error instanceof UnreachableError) reach.note(null);
    throw error;
  }
}

/** The response, if the server did what was asked. Raises: `ProblemError`, `UnreachableError`. */
export async function requestOk(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await request(url, init);
  if (!response.ok) throw new ProblemError(await readProblem(response));
  return response;
}

const withSignal = (signal: AbortSignal | undefined): RequestInit => (signal === undefined ? {} : { signal });

export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  const headers = { Accept: "application/json" };
  return (await (await requestOk(url, { headers, ...withSignal(signal) })).json()) as T;
}

export async function send(
  method: "POST" | "PUT" | "DELETE",
  url: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = { ...UNSAFE_HEADERS, Accept: "application/json" };
  return requestOk(url, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
    ...withSignal(signal),
  });
}

/** A file as bytes, for where a plain link or picture could not carry the token. */
export async function getBlob(url: string, signal?: AbortSignal): Promise<Blob> {
  return (await requestOk(url, withSignal(signal))).blob();
}
