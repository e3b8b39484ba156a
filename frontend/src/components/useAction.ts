import { useCallback, useEffect, useRef, useState } from "react";
import { explain, ProblemError, whenAgain } from "@/api/problems";

export interface Action {
  busy: boolean;
  /** Why it was not done, in words. */
  refusal: string | null;
  /** The refusal as the server gave it; null when nobody answered. */
  problem: ProblemError["problem"] | null;
  /** Does it, unless it is being done already. True: done. */
  run: (what: () => Promise<unknown>) => Promise<boolean>;
  forget: () => void;
}

const IDLE = { busy: false, refusal: null, problem: null };

/** One button's errand to the server: on its way, refused (and why), or neither. */
export function useAction(): Action {
  const [state, setState] = useState<Pick<Action, "busy" | "refusal" | "problem">>(IDLE);
  const underWay = useRef(false);
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  const run = useCallback(async (what: () => Promise<unknown>): Promise<boolean> => {
    if (underWay.current) return false;
    underWay.current = true;
    setState({ ...IDLE, busy: true });
    try {
      await what();
      if (shown.current) setState(IDLE);
      return true;
    } catch (error) {
      const problem = error instanceof ProblemError ? error.problem : null;
      if (shown.current) setState({ busy: false, refusal: inWords(error), problem });
      return false;
    } finally {
      underWay.current = false;
    }
  }, []);
  const forget = useCallback(() => {
    setState(IDLE);
  }, []);
  return { ...state, run, forget };
}

/** With the time to wait, where the server named one. */
function inWords(error: unknown): string {
  const again = error instanceof ProblemError ? whenAgain(error.problem) : null;
  return again === null ? explain(error) : `${explain(error)} ${again}`;
}
