/** Refusals of the server as values: reads a problem body, and never trusts that there is one. */
import { msg, t } from "@lingui/core/macro";
import type { Problem } from "./types";
import { formatSeconds } from "@/lib/format";
import { say, type Words, language } from "@/lib/language";

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

const titles: Readonly<Record<number, Words>> = {
  401: msg`A token is needed`,
  403: msg`Not allowed`,
  404: msg`Not found`,
  409: msg`Another run is in the way`,
  413: msg`Too large`,
  415: msg`Not a format this takes`,
  422: msg`Something here is not valid`,
  429: msg`Too many requests`,
  503: msg`The server is busy`,
  507: msg`The server's disk is full`,
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
    title: say(titles[response.status] ?? msg`The server refused this`),
    status: response.status,
    detail: t`The server answered ${`${response.status} ${response.statusText}`.trim()}.`,
    ...retryAfter(response),
  };
  return isProblem(body) ? { ...fallback, ...body, status: response.status } : fallback;
}

/** Nobody begins in the lane until it is resumed: time alone changes nothing. */
export const isLanePaused = ({ code, reason }: Problem): boolean =>
  code === "lane_paused" || (reason as string | null | undefined) === "lane_paused";

/** What it is called: in the server's own words where English is spoken, elsewhere by its status. */
export function refusalTitle({ title, status, code, reason }: Problem): string {
  if (language() === "en") return title;
  if (isLanePaused({ code, reason } as Problem)) return t`The lane is paused`;
  return say(titles[status] ?? msg`The server refused this`);
}

/** "Try again in 5 s.", where the server named a time after which that makes sense. */
export function whenAgain(problem: Problem): string | null {
  const { retry_after_s } = problem;
  if (retry_after_s === undefined || retry_after_s <= 0 || isLanePaused(problem)) return null;
  return t`Try again in ${formatSeconds(retry_after_s)}.`;
}

/** For people: the server's own words name a field of the API. */
export const lanePausedWords = ({ lane }: Problem): string =>
  lane === undefined
    ? t`The lane is paused: nothing begins in it until somebody resumes it.`
    : t`The lane “${lane}” is paused: nothing begins in it until somebody resumes it.`;

/** What went wrong and what to do, in one sentence, whatever was thrown. */
export function explain(error: unknown): string {
  if (error instanceof ProblemError) {
    const { problem } = error;
    return isLanePaused(problem) ? lanePausedWords(problem) : problem.detail || problem.title;
  }
  if (error instanceof UnreachableError) {
    return t`The server does not answer. Check that it is running, then try again.`;
  }
  return error instanceof Error ? error.message : t`Something unexpected went wrong.`;
}
