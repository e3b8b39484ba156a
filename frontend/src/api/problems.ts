/** Refusals of the server as values: reads a problem body, and never trusts that there is one. */
import type { Problem } from "./types";

/** The server answered, and the answer was no. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** No answer at all: the server is down, or the network is. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super("The server does not answer.", { cause });
    this.name = "UnreachableError";
  }
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "title" in value && typeof value.title === "string";

const titles: Readonly<Record<number, string>> = {
  404: "Not found",
  413: "Too large",
  415: "Not a format this takes",
  503: "The server is busy",
};

function retryAfter(response: Response): { retry_after_s?: number } {
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  return Number.isFinite(seconds) ? { retry_after_s: seconds } : {};
}

/** The problem that an unsuccessful response carries; made up from the status where a proxy sent something else. */
export async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const fallback: Problem = {
    type: "about:blank",
    title: titles[response.status] ?? "The server refused this",
    status: response.status,
    detail: `The server answered ${response.status} ${response.statusText}`.trim() + ".",
    ...retryAfter(response),
  };
  return isProblem(body) ? { ...fallback, ...body, status: response.status } : fallback;
}

/** Nobody begins in the lane until it is resumed: time alone changes nothing. */
export const isLanePaused = ({ code, reason }: Problem): boolean =>
  code === "lane_paused" || (reason as string | null | undefined) === "lane_paused";

/** "Try again in 5 s.", where the server named a time after which that makes sense. */
export function whenAgain(problem: Problem): string | null {
  const { retry_after_s } = problem;
  if (retry_after_s === undefined || retry_after_s <= 0 || isLanePaused(problem)) return null;
  return `Try again in ${retry_after_s} s.`;
}

/** For people: the server's own words name a field of the API. */
export const lanePausedWords = ({ lane }: Problem): string =>
  `${lane === undefined ? "The lane" : `The lane “${lane}”`} is paused: nothing begins in it until somebody resumes it.`;

/** What went wrong and what to do, in one sentence, whatever was thrown. */
export function explain(error: unknown): string {
  if (error instanceof ProblemError) {
    const { problem } = error;
    return isLanePaused(problem) ? lanePausedWords(problem) : problem.detail || problem.title;
  }
  if (error instanceof UnreachableError) {
    return "The server does not answer. Check that it is running, then try again.";
  }
  return error instanceof Error ? error.message : "Something unexpected went wrong.";
}
