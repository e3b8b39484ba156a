/**
 * The editor of a source, on CodeMirror 6. In a chunk of its own, which comes after the page has been shown
 * (../SourceText.tsx); until then, and where it does not come, a text area stands in its place.
 */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { html } from "@codemirror/lang-html";
import { markdown, markdownLanguage } from "@codemirror/lang-markdown";
import { bidiIsolates, syntaxHighlighting } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorSelection, EditorState, type Extension } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  highlightSpecialChars,
  keymap,
  placeholder,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { cspNonce } from "@/lib/cspNonce";
import { looks, marks } from "./looks";
import { t } from "@lingui/core/macro";

export interface Shown {
  value: string;
  /** The source kind; one that is not known here is shown as it is. */
  kind: string;
  placeholder: string;
  invalid: boolean;
  /** Ids of what describes it. */
  describedBy: string;
}

interface Told {
  onChange: (value: string) => void;
  /** The line in which the cursor stands, from 1. */
  onLine: (line: number) => void;
}

export interface CodeEditor {
  show: (shown: Shown) => void;
  focus: () => void;
  /** The cursor to the beginning of that line, from 1, in sight. */
  goTo: (line: number) => void;
  select: (from: number, to: number) => void;
  destroy: () => void;
}

/** Each line in the direction of its own first letter, as `dir="auto"` has it. */
const ownDirection = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = ofVisibleLines(view);
    }

    update({ docChanged, viewportChanged, view }: ViewUpdate): void {
      if (docChanged || viewportChanged) this.decorations = ofVisibleLines(view);
    }
  },
  { decorations: ({ decorations }) => decorations },
);

const auto = Decoration.line({ attributes: { dir: "auto" } });

function ofVisibleLines({ state, visibleRanges }: EditorView): DecorationSet {
  const starts = new Set<number>();
  for (const { from, to } of visibleRanges) {
    for (let at = from; at <= to;) {
      const line = state.doc.lineAt(at);
      starts.add(line.from);
      at = line.to + 1;
    }
  }
  return Decoration.set([...starts].map((start) => auto.range(start)));
}

/**
 * Letters over a selection. Chromium would keep the look of what was there by a `style` of its own on them, which the
 * page's policy refuses aloud; and it is not the browser's to say how anything here looks.
 */
const overSelection = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    if (event.inputType !== "insertText" || event.data === null || event.isComposing) return false;
    const selected = document.getSelection(); // Chromium tells no target ranges here
    if (selected === null || selected.isCollapsed || selected.rangeCount === 0) return false;
    const { startContainer, startOffset, endContainer, endOffset } = selected.getRangeAt(0);
    if (!view.contentDOM.contains(startContainer) || !view.contentDOM.contains(endContainer)) return false;
    const from = view.posAtDOM(startContainer, startOffset);
    const to = view.posAtDOM(endContainer, endOffset);
    const insert = view.state.toText(event.data);
    view.dispatch({
      changes: { from, to, insert },
      selection: { anchor: from + insert.length },
      userEvent: "input.type",
      scrollIntoView: true,
    });
    event.preventDefault();
    return true;
  },
});

// Mod-Enter is Generate's (ComposeScreen.tsx).
const ownKeys = defaultKeymap.filter(({ key }) => key !== "Mod-Enter");

const languages: Readonly<Partial<Record<string, () => Extension>>> = {
  // nothing is typed that nobody typed: no brackets, no tags, no list markers of its own
  text: () => markdown({ base: markdownLanguage, addKeymap: false, completeHTMLTags: false }),
  html: () => html({ autoCloseTags: false }),
};
const languageOf = (kind: string): Extension => languages[kind]?.() ?? [];

const attributes = ({ kind, invalid, describedBy }: Shown): Record<string, string> => ({
  id: "source",
  "aria-label": t`Source`,
  "aria-invalid": String(invalid),
  "aria-describedby": describedBy,
  spellcheck: String(kind === "text"),
  autocapitalize: "sentences",
  tabindex: "0", // it has a place among the stops anyhow; axe wants to read so
});

/** Puts one into the page. `first` is what it shows to begin with. */
export function openEditor(parent: HTMLElement, first: Shown, told: Told): CodeEditor {
  const language = new Compartment();
  const words = new Compartment();
  let shown = first;
  let silent = false; // what is put in from outside is not told as if it had been typed
  // What both sides know as the text. The editor has its own line ends, so its text is not to be compared with that.
  let value = first.value;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: first.value,
      extensions: [
        EditorView.cspNonce.of(cspNonce()),
        looks,
        syntaxHighlighting(marks),
        history(),
        highlightSpecialChars(),
        search({ top: true }),
        keymap.of([...ownKeys, ...historyKeymap, ...searchKeymap]),
        EditorView.lineWrapping,
        EditorView.perLineTextDirection.of(true),
        bidiIsolates(),
        ownDirection,
        overSelection,
        language.of(languageOf(first.kind)),
        words.of(wordsOf(first)),
        EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
          if (docChanged && !silent) {
            value = state.doc.toString();
            told.onChange(value);
          }
          if (docChanged || selectionSet) told.onLine(state.doc.lineAt(state.selection.main.head).number);
        }),
      ],
    }),
  });
  const show = (next: Shown): void => {
    const effects = [];
    if (next.kind !== shown.kind) effects.push(language.reconfigure(languageOf(next.kind)));
    if (!sameWords(next, shown)) effects.push(words.reconfigure(wordsOf(next)));
    shown = next;
    const changed = value !== next.value;
    value = next.value;
    if (!changed && effects.length === 0) return;
    silent = true;
    try {
      view.dispatch({
        effects,
        ...(changed && {
          changes: { from: 0, to: view.state.doc.length, insert: next.value },
          selection: EditorSelection.cursor(0),
          scrollIntoView: true,
        }),
      });
    } finally {
      silent = false;
    }
  };
  const goTo = (line: number): void => {
    const at = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines))).from;
    view.focus();
    view.dispatch({
      selection: { anchor: at },
      effects: EditorView.scrollIntoView(at, { y: "start", yMargin: view.scrollDOM.clientHeight / 3 }),
    });
    view.dom.scrollIntoView({ block: "nearest" });
  };
  return {
    show,
    goTo,
    focus: () => {
      view.focus();
    },
    select: (from, to) => {
      view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    },
    destroy: () => {
      view.destroy();
    },
  };
}

/** What the editor itself says: its panel to search. */
const phrases = (): Record<string, string> => ({
  Find: t`Find`,
  Replace: t`Replace`,
  next: t`next`,
  previous: t`previous`,
  all: t({ message: "all", comment: "button: select all matches" }),
  "match case": t`match case`,
  regexp: t`regexp`,
  "by word": t`by word`,
  replace: t`replace`,
  "replace all": t`replace all`,
  close: t`close`,
  "Go to line": t`Go to line`,
  go: t`go`,
});

const wordsOf = (shown: Shown): Extension => [
  EditorView.contentAttributes.of(attributes(shown)),
  placeholder(shown.placeholder),
  EditorState.phrases.of(phrases()),
];

const sameWords = (one: Shown, other: Shown): boolean =>
  one.kind === other.kind &&
  one.placeholder === other.placeholder &&
  one.invalid === other.invalid &&
  one.describedBy === other.describedBy;
