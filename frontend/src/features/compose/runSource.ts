/** What a run was made from, from the server. */
import { getRun, getSpec } from "@/api/runs";
import { OF_THE_DOCUMENT, type StoredSpec } from "@/api/storedSpec";
import type { RunSpec } from "@/api/types";
import { type Draft, fromSpec } from "./draft";
import { titleOf } from "@/lib/format";

export interface RunSource {
  operationId: string;
  title: string;
  draft: Draft;
}

/** Raises: `ProblemError`, `UnreachableError`. */
export async function readRunSource(operationId: string, signal: AbortSignal): Promise<RunSource> {
  const [run, spec] = await Promise.all([getRun(operationId, signal), readSpec(operationId, signal)]);
  const draft = fromSpec(spec);
  const lane = run.lane === "default" ? {} : { lane: run.lane };
  return {
    operationId,
    title: titleOf(run.title),
    draft: { ...draft, more: { ...draft.more, ...lane } },
  };
}

async function readSpec(operationId: string, signal: AbortSignal): Promise<RunSpec> {
  const own: StoredSpec = await getSpec(operationId, signal);
  let first = own;
  // each is of a run that was there before: this comes to an end
  while (first.rerender_of != null) first = await getSpec(first.rerender_of, signal);
  const document = Object.fromEntries(OF_THE_DOCUMENT.map((name) => [name, first[name]]));
  return { ...own, ...document };
}
