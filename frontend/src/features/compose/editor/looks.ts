/** How the editor looks: the page's own colours, which change with its scheme. */
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const looks = EditorView.theme({
  "&": { flex: "1 1 0", minHeight: "0", minWidth: "0", color: "var(--ink)", backgroundColor: "var(--bg)" },
  "&.cm-focused": { outline: "none" }, // around it is the ring of its place
  ".cm-scroller": { font: "1rem/1.6 var(--source)", overscrollBehavior: "auto" },
  ".cm-content": { padding: "1rem 0", caretColor: "var(--ink)", tabSize: "4" },
  ".cm-content:focus-visible": { outline: "none" },
  ".cm-line": { padding: "0 1.1rem" },
  ".cm-placeholder": { color: "var(--ink-2)", whiteSpace: "pre-wrap" },
  ".cm-panels": { backgroundColor: "var(--surface-2)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { font: "0.9rem/1.5 var(--sans)", padding: "0.5rem 2.4rem 0.5rem 0.7rem" },
  ".cm-panel.cm-search [name=close]": { width: "2rem", height: "2rem", fontSize: "1.2rem", color: "inherit" },
  ".cm-panel.cm-search label": { fontSize: "0.9rem" },
  ".cm-textfield": {
    fontSize: "0.95rem",
    backgroundColor: "var(--surface)",
    borderColor: "var(--line-strong)",
  },
  ".cm-button": {
    fontSize: "0.9rem",
    backgroundImage: "none",
    backgroundColor: "var(--surface)",
    borderColor: "var(--line-strong)",
    borderRadius: "0.3rem",
  },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-soft)", outline: "2px solid var(--accent)" },
});

export const marks = HighlightStyle.define([
  { tag: tags.heading, fontWeight: "700" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url, tags.tagName, tags.keyword], color: "var(--accent)" },
  { tag: [tags.monospace, tags.string, tags.attributeValue], color: "var(--good)" },
  { tag: [tags.attributeName, tags.number, tags.bool, tags.labelName], color: "var(--warn)" },
  {
    tag: [
      tags.processingInstruction,
      tags.comment,
      tags.meta,
      tags.contentSeparator,
      tags.quote,
      tags.angleBracket,
    ],
    color: "var(--ink-2)",
  },
]);
