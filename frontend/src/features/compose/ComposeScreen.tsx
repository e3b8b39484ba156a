import { msg, t } from "@lingui/core/macro";
import {
  type KeyboardEvent,
  type ReactElement,
  Suspense,
  type SyntheticEvent,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { laterCode } from "@/lib/laterCode";
import { isLanePaused } from "@/api/problems";
import type { Problem } from "@/api/types";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Field";
import { sentence } from "@/lib/format";
import { commandKey } from "@/lib/platform";
import type { StartedRun } from "@/stream/startRun";
import styles from "./ComposeScreen.module.css";
import { type Draft, draftField, findProblems, toRequest, wireName } from "./draft";
import { NoBrowser } from "./NoBrowser";
import { type FieldMessages, Options } from "./Options";
import { Preview } from "./Preview";
import { slideOfLine } from "./preview";
import { Refusal } from "./Refusal";
import { SourceEditor } from "./SourceEditor";
import type { SourceHandle } from "./SourceText";
import { useDraft } from "./useDraft";
import { useFilesDropped } from "./useFilesDropped";
import { useFilling } from "./useFilling";
import { type GenerateState, useGenerate } from "./useGenerate";
import { usePresetFromAddress } from "./usePresets";
import { usePreview } from "./usePreview";
import { useSourceFiles } from "./useSourceFiles";
import { say } from "@/lib/language";
import { Trans } from "@lingui/react/macro";

/** What is wrong, by field: what this screen sees itself, else what the server said. */
function messagesOf(draft: Draft, pressed: boolean, state: GenerateState): FieldMessages {
  const messages: FieldMessages = {};
  if (state.state === "refused") {
    for (const { field, problem, valid } of state.error.problem.errors ?? []) {
      const name = draftField(field);
      const words = valid === "" ? sentence(problem) : t`${sentence(problem)} Valid: ${valid}.`;
      if (name === "more") messages.wire = { [wireName(field)]: words, ...messages.wire };
      else if (name !== undefined) messages[name] ??= words;
    }
  }
  if (pressed) for (const { field, message } of findProblems(draft)) messages[field] = message;
  return messages;
}

const isAboutOthers = (problem: Problem): boolean => problem.status === 409 || isLanePaused(problem);

const VIEWS = [
  { value: "write", label: msg`Text` },
  { value: "preview", label: msg`Slides` },
] as const;

// The code of these comes with what they are about: the source of a run, more than one file.
const FilledNotice = laterCode(async () => (await import("./FilledNotice")).FilledNotice);
const SeveralFiles = laterCode(async () => (await import("./SeveralFiles")).SeveralFiles);

interface Props {
  /** A run whose source is to take the draft's place. */
  from?: string | undefined;
  /** The name of a preset whose options are to take the place of those here. */
  preset?: string | undefined;
  /** One of both has been done. */
  onFilled: () => void;
  onStarted: (started: StartedRun) => void;
}

/** The first screen: source in, run out. */
export function ComposeScreen({ from, preset, onFilled, onStarted }: Props): ReactElement {
  const own = useDraft();
  const { draft, change, filled, fill, bringBack } = own;
  const { state, generate, dismiss } = useGenerate(onStarted);
  const [pressed, setPressed] = useState(false);
  const text = useRef<SourceHandle>(null);
  const refusal = useRef<HTMLDivElement>(null);
  const refused = state.state === "refused" || state.state === "unanswered";
  // On a phone the button is far below the card that says why nothing happened.
  const showRefusal = useCallback(() => {
    refusal.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const problems = messagesOf(draft, pressed, state);
  const shown = usePreview(draft);
  const [line, setLine] = useState(1);
  const [view, setView] = useState<"write" | "preview">("write");
  const [goal, setGoal] = useState<{ line: number } | null>(null);
  const slides = shown.answer?.slides ?? [];
  const goToSlide = (at: number): void => {
    const goalLine = slides[at]?.line ?? null;
    if (goalLine === null) return;
    setView("write");
    setLine(goalLine);
    setGoal({ line: goalLine });
  };
  useEffect(() => {
    // Where the screen has room for one of both, the text is there only after the view has changed.
    if (goal !== null) text.current?.goTo(goal.line);
  }, [goal]);

  const edit = (part: Partial<Draft>): void => {
    change(part);
    if (state.state === "idle" || state.state === "sending") return;
    // What the server said was about the request as it was, or about another run or the lane: that stays.
    const stays = state.state === "refused" && isAboutOthers(state.error.problem);
    if (!stays) dismiss();
  };
  const filling = useFilling(from, (source) => {
    fill(source);
    dismiss();
    setPressed(false);
    onFilled();
    text.current?.focus(); // what is above it says whose text this is
  });
  const files = useSourceFiles(draft, edit);
  const over = useFilesDropped(files.take);
  usePresetFromAddress(preset, edit, onFilled);
  const submit = (onBusy?: "queue" | "replace"): void => {
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
    <form className={styles["screen"]} data-view={view} noValidate onSubmit={onSubmit} onKeyDown={onKeyDown}>
      <h1 className={styles["title"]}>{t`Text in, slides out.`}</h1>
      <NoBrowser />
      <div className={styles["refusal"]} hidden={filling.state === "idle" && filled === null}>
        {(filling.state !== "idle" || filled !== null) && (
          <Suspense fallback={null}>
            <FilledNotice filling={filling} filled={filled} onBringBack={bringBack} />
          </Suspense>
        )}
      </div>
      <div ref={refusal} className={styles["refusal"]} hidden={!refused}>
        <Refusal
          state={state}
          onAgain={() => {
            submit();
          }}
          onQueue={(how = "queue") => {
            submit(how);
          }}
          onDismiss={dismiss}
          onShown={showRefusal}
        />
      </div>
      <div className={styles["views"]}>
        <Choice
          legend={t`Show`}
          name="view"
          type="radio"
          options={VIEWS.map(({ value, label }) => ({ value, label: say(label) }))}
          chosen={[view]}
          onChange={setView}
        />
      </div>
      <div className={styles["write"]}>
        <SourceEditor
          draft={draft}
          own={own}
          problem={problems.source}
          files={files}
          textRef={text}
          onChange={edit}
          onLine={setLine}
        />
      </div>
      <div className={styles["preview"]}>
        <Preview shown={shown} slide={slideOfLine(slides, line)} onSlide={goToSlide} />
      </div>
      <div className={styles["side"]}>
        <Options draft={draft} problems={problems} onChange={edit} />
      </div>
      <div className={styles["go"]} data-sticky="foot">
        <Button
          type="submit"
          tone="primary"
          disabled={state.state === "sending"}
          aria-keyshortcuts="Control+Enter"
        >
          {state.state === "sending" ? t`Sending …` : t`Generate`}
        </Button>
        <span className={styles["hint"]}>
          <Trans>
            or{" "}
            <bdi dir="ltr">
              <kbd>{commandKey}</kbd> + <kbd>Enter</kbd>
            </bdi>
          </Trans>
        </span>
      </div>
      {over && (
        <p className={styles["over"]}>{t`Drop it here: text, Markdown or HTML, one file or several`}</p>
      )}
      {files.several.length > 0 &&
        // outside of this form, whose button its buttons are not
        createPortal(
          <Suspense fallback={null}>
            <SeveralFiles
              files={files.several}
              draft={draft}
              onDeck={files.load}
              onClose={files.closeSeveral}
            />
          </Suspense>,
          document.body,
        )}
    </form>
  );
}
