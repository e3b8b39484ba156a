import {
  type KeyboardEvent,
  type ReactElement,
  type SyntheticEvent,
  useEffect,
  useRef,
  useState,
} from "react";
import { isLanePaused } from "@/api/problems";
import type { Problem } from "@/api/types";
import { Button } from "@/components/Button";
import type { StartedRun } from "@/stream/startRun";
import styles from "./ComposeScreen.module.css";
import { type Draft, draftField, findProblems, toRequest } from "./draft";
import { type FieldMessages, Options } from "./Options";
import { Refusal } from "./Refusal";
import { SourceEditor } from "./SourceEditor";
import { useDraft } from "./useDraft";
import { type GenerateState, useGenerate } from "./useGenerate";

/** What is wrong, by field: what this screen sees itself, else what the server said. */
function messagesOf(draft: Draft, pressed: boolean, state: GenerateState): FieldMessages {
  const messages: FieldMessages = {};
  if (state.state === "refused") {
    for (const { field, problem, valid } of state.error.problem.errors ?? []) {
      const name = draftField(field);
      if (name !== undefined) messages[name] ??= valid === "" ? problem : `${problem} Valid: ${valid}`;
    }
  }
  if (pressed) for (const { field, message } of findProblems(draft)) messages[field] = message;
  return messages;
}

const isAboutOthers = (problem: Problem): boolean => problem.status === 409 || isLanePaused(problem);

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The first screen: source in, run out. */
export function ComposeScreen({ onStarted }: { onStarted: (started: StartedRun) => void }): ReactElement {
  const { draft, change, kept } = useDraft();
  const { state, generate, dismiss } = useGenerate(onStarted);
  const [pressed, setPressed] = useState(false);
  const text = useRef<HTMLTextAreaElement>(null);
  const refusal = useRef<HTMLDivElement>(null);
  const refused = state.state === "refused" || state.state === "unanswered";
  useEffect(() => {
    // On a phone the button is far below the card that says why nothing happened.
    if (refused) refusal.current?.scrollIntoView({ block: "nearest" });
  }, [refused]);
  const problems = messagesOf(draft, pressed, state);

  const edit = (part: Partial<Draft>): void => {
    change(part);
    if (state.state === "idle" || state.state === "sending") return;
    // What the server said was about the request as it was, or about another run or the lane: that stays.
    const stays = state.state === "refused" && isAboutOthers(state.error.problem);
    if (!stays) dismiss();
  };
  const submit = (onBusy?: "queue"): void => {
    const found = findProblems(draft);
    setPressed(found.length > 0);
    if (found.length === 0) generate({ ...toRequest(draft), ...(onBusy && { on_busy: onBusy }) });
    else if (found.some(({ field }) => field === "source")) text.current?.focus();
  };
  const onSubmit = (event: SyntheticEvent): void => {
    event.preventDefault();
    submit();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit();
  };
  return (
    <form className={styles["screen"]} noValidate onSubmit={onSubmit} onKeyDown={onKeyDown}>
      <h1 className={styles["title"]}>Text in, slides out.</h1>
      <div ref={refusal} className={styles["refusal"]} hidden={!refused}>
        <Refusal
          state={state}
          onAgain={() => {
            submit();
          }}
          onQueue={() => {
            submit("queue");
          }}
          onDismiss={dismiss}
        />
      </div>
      <SourceEditor draft={draft} kept={kept} problem={problems.source} textRef={text} onChange={edit} />
      <div className={styles["side"]}>
        <Options draft={draft} problems={problems} onChange={edit} />
        <div className={styles["go"]}>
          <Button
            type="submit"
            tone="primary"
            disabled={state.state === "sending"}
            aria-keyshortcuts="Control+Enter"
          >
            {state.state === "sending" ? "Sending …" : "Generate"}
          </Button>
          <span className={styles["hint"]}>
            or <kbd>{isMac ? "⌘" : "Ctrl"}</kbd> + <kbd>Enter</kbd>
          </span>
        </div>
      </div>
    </form>
  );
}
