import { ProblemError, readProblem, UnreachableError } from "@/api/problems";

/**
 * Asks the server whether it knows `token`, before anything else is asked with it.
 *
 * Raises: `ProblemError` (401: it does not), `UnreachableError`. A token that may not list runs (403) is known.
 */
export async function checkToken(token: string): Promise<void> {
  const headers = { Accept: "application/json", Authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch("/runs?limit=1", { headers, cache: "no-store" });
  } catch (error) {
    throw new UnreachableError(error);
  }
  if (!response.ok && response.status !== 403) throw new ProblemError(await readProblem(response));
}
