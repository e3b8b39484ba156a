import { type RefObject, useLayoutEffect, useState } from "react";
import { request } from "@/api/client";
import { ProblemError } from "@/api/problems";
import { reach } from "@/api/reach";
import { useNear, usePictureUrl } from "./usePictureUrl";

/**
 * Waits before a picture is asked for again; the last one is repeated. While a batch is being published, and while a
 * restarted server takes its staged files over, a picture is out of reach for a moment.
 */
const AGAIN_AFTER_MS = [400, 1000, 2500, 6000, 10_000] as const;
/** Who says "not there" so many times in a row means it. */
const MOST_TRIES = 4;

/** Why a picture did not come: the server does not have it, has it and it cannot be shown, or does not answer. */
type Cause = "missing" | "unreadable" | "away";

const isMissing = (status: number): boolean => status === 404 || status === 410;

/** An image that fails does not say why: the server is asked. `error`: what is known already. */
async function causeOf(url: string, error: unknown): Promise<Cause> {
  if (error instanceof ProblemError) return isMissing(error.problem.status) ? "missing" : "away";
  if (error !== undefined) return "away";
  try {
    const { ok, status } = await request(url, { method: "HEAD" });
    return ok ? "unreadable" : isMissing(status) ? "missing" : "away";
  } catch {
    return "away";
  }
}

interface State {
  /** The number of the try that is shown, from 0. */
  tries: number;
  /** How many tries have failed. */
  failures: number;
  /** How often in a row the same was said. */
  repeated: number;
  cause: Cause | null;
}

const FRESH: State = { tries: 0, failures: 0, repeated: 0, cause: null };

export interface ShownPicture {
  /** What to write into `src`; null while there is nothing to show. */
  src: string | null;
  /** Another one means that the picture is asked for again. */
  key: number;
  /** It is not there, or cannot be shown; no further try is made. */
  gone: "missing" | "unreadable" | null;
  onLoad: () => void;
  onError: () => void;
}

/**
 * A picture that is asked for until it comes: again after a while, at once when the server is back, and when the run has
 * ended (`settled`). Only after that is a picture that the server does not have given up. `queued`: one of many, it waits
 * until few others are loading. `place`: not before that is near to what is seen.
 */
export function usePicture(
  url: string,
  { settled, queued, place }: { settled: boolean; queued: boolean; place?: RefObject<Element | null> },
): ShownPicture {
  const [state, setState] = useState<State>(FRESH);
  const near = useNear(place);
  const [was, setWas] = useState(settled);
  if (was !== settled) {
    setWas(settled);
    setState((before) => ({ ...FRESH, tries: before.failures, failures: before.failures }));
  }
  const { tries, failures, repeated, cause } = state;
  const final = cause === "unreadable" || (cause === "missing" && settled);
  const gone = final && repeated > MOST_TRIES ? cause : null;
  const failing = failures > tries && gone === null;
  // in the same breath as the picture goes: a server that is back a moment later must not be missed
  useLayoutEffect(() => {
    if (!failing) return;
    const again = (): void => {
      setState((before) => ({ ...before, tries: before.failures }));
    };
    const timer = setTimeout(again, AGAIN_AFTER_MS[Math.min(failures, AGAIN_AFTER_MS.length) - 1]);
    const stop = reach.onRestored(again);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [failing, failures]);
  const fail = async (error: unknown): Promise<void> => {
    const cause = await causeOf(url, error);
    setState((before) =>
      before.tries !== tries || before.failures > tries
        ? before
        : { tries, failures: tries + 1, cause, repeated: before.cause === cause ? before.repeated + 1 : 1 },
    );
  };
  const { src, onSettled } = usePictureUrl({
    url,
    tries,
    wanted: near && gone === null,
    queued,
    onError: (error) => void fail(error),
  });
  return {
    src: failing ? null : src,
    key: tries,
    gone,
    onLoad: onSettled,
    onError: () => {
      onSettled();
      void fail(undefined);
    },
  };
}
