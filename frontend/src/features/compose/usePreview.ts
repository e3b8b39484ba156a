import { msg, t } from "@lingui/core/macro";
import { useEffect, useMemo, useState } from "react";
import { askPreview } from "@/api/preview";
import { explain, ProblemError, UnreachableError } from "@/api/problems";
import { reach } from "@/api/reach";
import type { GenerateRequest, PreviewAnswer } from "@/api/types";
import type { Draft } from "./draft";
import { previewRequest } from "./preview";
import { say } from "@/lib/language";

const PAUSE_MS = 300; // issue 15: after a pause in typing
const AGAIN_MS = 2000; // where the server is busy and does not say when to come back

export interface Shown {
  /** The newest that came; it stays while the next is made. */
  answer: PreviewAnswer | null;
  /** The source that it is of. */
  source: string;
  /** Why there is none of what is written now. */
  trouble: string | null;
  /** One is being made. */
  asking: boolean;
}

const EARLIER = msg`The slides of an earlier text: something in the options is to be put right first.`;

const nothing: Shown = { answer: null, source: "", trouble: null, asking: false };

/** What a run of the draft would show: asked after each pause, the one before given up. */
export function usePreview(draft: Draft): Shown {
  const [shown, setShown] = useState(nothing);
  const [tries, setTries] = useState(0);
  const settled = useSettled(draft);
  // of a book that takes milliseconds: not at a letter, and not at every turn of a request
  const body = useMemo(() => {
    const request = previewRequest(settled);
    return request === null ? null : JSON.stringify(request);
  }, [settled]);
  const { source } = settled;
  useEffect(() => {
    const abort = new AbortController();
    let again: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      if (body === null) {
        setShown(
          source.trim() === ""
            ? nothing
            : (before) => ({
                ...before,
                asking: false,
                trouble: before.answer === null ? null : say(EARLIER),
              }),
        );
        return;
      }
      setShown((before) => ({ ...before, asking: true }));
      try {
        const answer = await askPreview(JSON.parse(body) as GenerateRequest, abort.signal);
        setShown({ answer, source, trouble: null, asking: false });
      } catch (error) {
        if (abort.signal.aborted) return;
        setShown((before) => ({ ...before, trouble: inWords(error), asking: false }));
        const waitMs = whenAgain(error);
        if (waitMs !== null) again = setTimeout(() => void ask(), waitMs);
      }
    };
    void ask();
    const unlisten = reach.onRestored(() => {
      setTries((before) => before + 1);
    });
    return () => {
      clearTimeout(again);
      unlisten();
      abort.abort();
    };
  }, [body, source, tries]);
  return shown;
}

/** The draft as it was when somebody last paused. */
function useSettled(draft: Draft): Draft {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(draft);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [draft]);
  return settled;
}

function inWords(error: unknown): string {
  if (error instanceof UnreachableError)
    return t`No preview: the server does not answer. Your text is safe here.`;
  if (!(error instanceof ProblemError)) return t`No preview: what the server said was not understood.`;
  const { status, code } = error.problem;
  if (status === 404 || status === 405) return t`This server makes no previews; Generate works all the same.`;
  if (code === "server_busy" || code === "pool_exhausted") {
    return t`The browsers are busy with runs; the preview comes as soon as one is free.`;
  }
  return explain(error);
}

/** Milliseconds until it is worth asking for the same once more; null: it is not. */
function whenAgain(error: unknown): number | null {
  if (error instanceof UnreachableError) return AGAIN_MS * 3;
  if (!(error instanceof ProblemError)) return null;
  const { status, retry_after_s } = error.problem;
  if (status !== 503 && status !== 429) return null;
  return retry_after_s === undefined || retry_after_s <= 0 ? AGAIN_MS : retry_after_s * 1000;
}
