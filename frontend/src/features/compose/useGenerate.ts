import { useCallback, useEffect, useRef, useState } from "react";
import { ProblemError } from "@/api/problems";
import type { GenerateRequest } from "@/api/types";
import { newKey } from "@/lib/newKey";
import { startRun, type StartedRun } from "@/stream/startRun";

export type GenerateState =
  | { state: "idle" }
  | { state: "sending" }
  /** The server said no, and why. */
  | { state: "refused"; error: ProblemError; request: GenerateRequest }
  /** Nobody answered; whether a run began is not known. */
  | { state: "unanswered"; error: unknown };

interface Intention {
  key: string;
  /** The request as JSON. */
  body: string;
}

interface Generate {
  state: GenerateState;
  /**
   * One press of the button. It is a new intention with a key of its own, unless it repeats one that nobody answered:
   * that goes out under the same key, so that it cannot start twice.
   */
  generate: (body: GenerateRequest) => void;
  dismiss: () => void;
}

export function useGenerate(onStarted: (started: StartedRun) => void): Generate {
  const [state, setState] = useState<GenerateState>({ state: "idle" });
  const unanswered = useRef<Intention | null>(null);
  const sending = useRef(false);
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);

  const generate = useCallback(
    (request: GenerateRequest) => {
      if (sending.current) return;
      const body = JSON.stringify(request);
      if (unanswered.current?.body !== body) unanswered.current = { key: newKey(), body };
      const { key } = unanswered.current;
      const send = async (): Promise<void> => {
        sending.current = true;
        setState({ state: "sending" });
        try {
          const started = await startRun(request, { idempotencyKey: key });
          unanswered.current = null;
          setState({ state: "idle" });
          if (shown.current) onStarted(started);
        } catch (error) {
          if (error instanceof ProblemError) unanswered.current = null;
          setState(
            error instanceof ProblemError
              ? { state: "refused", error, request }
              : { state: "unanswered", error },
          );
        } finally {
          sending.current = false;
        }
      };
      void send();
    },
    [onStarted],
  );
  const dismiss = useCallback(() => {
    setState({ state: "idle" });
  }, []);
  return { state, generate, dismiss };
}
