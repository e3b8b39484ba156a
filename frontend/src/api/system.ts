/** `/system` and `/readyz` */
import { access } from "./access";
import { getJson, requestWith } from "./client";
import type { FontProof, System } from "./types";

/** Raises: `ProblemError`, 403 without `admin`. */
export const getSystem = (signal?: AbortSignal): Promise<System> => getJson<System>("/system", signal);

/** Raises: `ProblemError`, 403 without `admin`, 503 where there is no browser. */
export const getFonts = async (signal?: AbortSignal): Promise<FontProof[]> =>
  (await getJson<{ scripts: FontProof[] }>("/system/fonts", signal)).scripts;

/** Why no run would get a picture just now; null: it would, or nobody can tell. */
export async function browserTrouble(signal: AbortSignal): Promise<string | null> {
  const url = "/readyz";
  // not `request`: a 503 of this address does not mean that the server is away
  const answer = await requestWith(access.tokenFor(url), url, {
    headers: { Accept: "application/json" },
    signal,
  });
  const body: unknown = await answer.json();
  const checks = typeof body === "object" && body !== null && "checks" in body ? body.checks : null;
  const said = typeof checks === "object" && checks !== null && "browser" in checks ? checks.browser : "ok";
  return typeof said === "string" && said !== "ok" ? said : null;
}
