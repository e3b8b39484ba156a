import { t } from "@lingui/core/macro";
import {
  type ReactElement,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { Draft } from "./draft";
import type { CodeEditor, Shown } from "./editor/codeEditor";
import { goTo } from "./goTo";
import { lineAt, placeOfLine } from "./preview";
import styles from "./SourceEditor.module.css";

/** What other parts of the page may do with the text. */
export interface SourceHandle {
  focus: () => void;
  /** The cursor to the beginning of that line, from 1, in sight. */
  goTo: (line: number) => void;
}

interface Props {
  ref: Ref<SourceHandle>;
  kind: Draft["kind"];
  value: string;
  placeholder: string;
  invalid: boolean;
  describedBy: string;
  onChange: (value: string) => void;
  onLine: (line: number) => void;
}

/** The text itself: a text area at once, the editor in its place as soon as its code has come. */
export function SourceText(props: Props): ReactElement {
  const { ref, kind, value, placeholder, invalid, describedBy, onChange, onLine } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | null>(null);
  const open = useEditorCode(area);
  const shown: Shown = { value, kind, placeholder, invalid, describedBy };
  const now = useRef({ shown, onChange, onLine });
  useLayoutEffect(() => {
    now.current = { shown, onChange, onLine };
    editor.current?.show(shown);
  });
  // In the very commit that takes the text area away: nobody's next letter falls between the two.
  useLayoutEffect(() => {
    if (open === null || place.current === null) return;
    const opened = open.openEditor(place.current, now.current.shown, {
      onChange: (next) => {
        now.current.onChange(next);
      },
      onLine: (line) => {
        now.current.onLine(line);
      },
    });
    editor.current = opened;
    if (open.focused) opened.focus();
    opened.select(...open.selection);
    return () => {
      editor.current = null;
      opened.destroy();
    };
  }, [open]);
  useImperativeHandle(ref, () => ({
    focus: () => {
      if (editor.current !== null) editor.current.focus();
      else area.current?.focus({ preventScroll: true });
    },
    goTo: (line) => {
      if (editor.current !== null) editor.current.goTo(line);
      else if (area.current !== null) goTo(area.current, placeOfLine(area.current.value, line));
    },
  }));
  if (open !== null) return <div ref={place} className={styles["code"]} data-invalid={invalid} />;
  return (
    <textarea
      id="source"
      ref={area}
      aria-label={t`Source`}
      className={styles["text"]}
      dir="auto"
      data-kind={kind}
      value={value}
      placeholder={placeholder}
      spellCheck={kind === "text"}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      onChange={(event) => {
        onChange(event.target.value);
        onLine(lineAt(event.target.value, event.target.selectionStart));
      }}
      onSelect={({ currentTarget: { value: text, selectionStart } }) => {
        onLine(lineAt(text, selectionStart));
      }}
    />
  );
}

interface Code {
  openEditor: (typeof import("./editor/codeEditor"))["openEditor"];
  /** Where somebody was writing meanwhile. */
  focused: boolean;
  selection: [from: number, to: number];
}

/** The editor's code, once it has come; null also where it never does: the text area is enough to write in. */
function useEditorCode(area: React.RefObject<HTMLTextAreaElement | null>): Code | null {
  const [code, setCode] = useState<Code | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const load = async (): Promise<void> => {
      const { openEditor } = await import("./editor/codeEditor");
      const { current } = area;
      const change = (): void => {
        if (signal.aborted || current === null) return;
        const { selectionStart, selectionEnd } = current;
        const focused = document.activeElement === current;
        setCode({ openEditor, focused, selection: [selectionStart, selectionEnd] });
      };
      // A letter that is being composed (IME) would be lost.
      if (composing) current?.addEventListener("compositionend", () => setTimeout(change, 0), { signal });
      else change();
    };
    let composing = false;
    const note = ({ type }: Event): void => {
      composing = type === "compositionstart";
    };
    area.current?.addEventListener("compositionstart", note, { signal });
    area.current?.addEventListener("compositionend", note, { signal });
    void load().catch(() => undefined);
    return () => {
      abort.abort();
    };
  }, [area]);
  return code;
}
