import { msg, t } from "@lingui/core/macro";
import { type ReactElement, type Ref, Suspense, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Button } from "@/components/Button";
import { Choice, FieldError } from "@/components/Field";
import { Icon } from "@/components/Icon";
import { type Draft, KINDS, limitOf, sourceKind, sourceSize } from "./draft";
import { ACCEPTED } from "./files";
import { looksLikeHtml } from "./looksLikeHtml";
import styles from "./SourceEditor.module.css";
import { type SourceHandle, SourceText } from "./SourceText";
import type { OwnDraft } from "./useDraft";
import type { SourceFiles } from "./useSourceFiles";
import { say, type Words } from "@/lib/language";
import { number } from "@/lib/format";
import { laterCode } from "@/lib/laterCode";

// Its code comes when somebody looks for another draft.
const DraftList = laterCode(async () => (await import("./DraftList")).DraftList);

interface Props {
  draft: Draft;
  own: OwnDraft;
  problem: string | undefined;
  files: SourceFiles;
  textRef: Ref<SourceHandle>;
  onChange: (change: Partial<Draft>) => void;
  /** The line in which the cursor stands, from 1. */
  onLine: (line: number) => void;
}

const EXAMPLES: Partial<Record<Draft["kind"], Words>> = {
  text: msg`# Write your lesson here

Markdown or plain text: headings, lists, tables, code.`,
  html: msg`Paste a whole HTML document here`,
};

function placeholder(kind: Draft["kind"]): string {
  const { label, endings } = sourceKind(kind);
  const example = EXAMPLES[kind];
  const first = example === undefined ? t`Paste ${say(label)} here` : say(example);
  return `${kind === "html" ? `<h1>${first}</h1>` : first}\n\n${t`Or drop files anywhere on this page: ${endings.map(isolated).join(", ")}`}`;
}

/** `.txt` with its point in front in a line from right to left, too: a left-to-right isolate. */
const isolated = (ending: string): string => `\u2066${ending}\u2069`;

function FileBar({ files, empty }: { files: SourceFiles; empty: boolean }): ReactElement {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className={styles["files"]}>
      <span role="status" className={styles["loaded"]}>
        {files.loaded !== null && t`Loaded ${files.loaded.name}`}
      </span>
      {files.loaded?.canUndo === true && <Button onClick={files.undo}>{t`Bring back what was here`}</Button>}
      {empty && <ExampleButton files={files} />}
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={ACCEPTED}
        aria-label={t`Source file`}
        onChange={(event) => {
          files.take([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <Button onClick={() => input.current?.click()}>
        <Icon name="file" />
        {t`Open files`}
      </Button>
    </div>
  );
}

/** A whole lesson to begin with. */
function ExampleButton({ files }: { files: SourceFiles }): ReactElement {
  const load = async (): Promise<void> => {
    const { default: source } = await import("../../../../examples/first.md?raw");
    files.load(t`an example`, { kind: "text", source });
  };
  return (
    <Button onClick={() => void load()}>
      <Icon name="text" />
      {t`Start from an example`}
    </Button>
  );
}

function Size({ draft }: { draft: Draft }): ReactElement {
  const { most, unit } = limitOf(draft.kind);
  const size = sourceSize(draft);
  return (
    <span className={size > most ? styles["over"] : undefined}>
      {unit === "bytes"
        ? t`${number(size)} of ${number(most)} bytes`
        : t`${number(size)} of ${number(most)} characters`}
    </span>
  );
}

/** HTML that was pasted where text is expected would be shown as its tags. */
function HtmlOffer({ draft, onChange }: Pick<Props, "draft" | "onChange">): ReactElement | null {
  const [declined, setDeclined] = useState(false);
  const looksSo = draft.kind === "text" && looksLikeHtml(draft.source);
  if (!looksSo || declined) return null;
  return (
    <div className={styles["offer"]} role="status">
      <p>{t`This looks like HTML. As text it is shown without its own look.`}</p>
      <Button
        tone="primary"
        onClick={() => {
          onChange({ kind: "html" });
        }}
      >
        {t`Show it as a page`}
      </Button>
      <Button
        onClick={() => {
          setDeclined(true);
        }}
      >
        {t`Keep it as text`}
      </Button>
    </div>
  );
}

/** Whether it is kept, and the way to others. */
function DraftBar({ own, empty }: { own: OwnDraft; empty: boolean }): ReactElement {
  const [listed, setListed] = useState(false);
  return (
    <span className={styles["drafts"]}>
      <span>
        {own.kept
          ? t`Draft kept in this browser`
          : t`Too large to be kept in this browser: a reload loses it`}
      </span>
      {!empty && (
        <Button onClick={own.begin}>
          <Icon name="plus" />
          {t`New draft`}
        </Button>
      )}
      <Button
        onClick={() => {
          setListed(true);
        }}
      >
        <Icon name="list" />
        {t`Other drafts`}
      </Button>
      {listed &&
        createPortal(
          <Suspense fallback={null}>
            <DraftList
              own={own}
              onClose={() => {
                setListed(false);
              }}
            />
          </Suspense>,
          document.body,
        )}
    </span>
  );
}

/** Where the source is written, pasted or opened. */
export function SourceEditor(props: Props): ReactElement {
  const { draft, own, problem, files, textRef, onChange, onLine } = props;
  const error = files.refusal ?? problem;
  const empty = draft.source.trim() === "";
  return (
    <div className={styles["editor"]}>
      <div className={styles["top"]}>
        <Choice
          legend={t`The source is`}
          name="kind"
          type="radio"
          options={KINDS.map((kind) => ({ value: kind, label: say(sourceKind(kind).label) }))}
          chosen={[draft.kind]}
          onChange={(kind) => {
            onChange({ kind });
          }}
        />
        <FileBar files={files} empty={empty} />
      </div>
      <HtmlOffer key={String(empty)} draft={draft} onChange={onChange} />
      <SourceText
        ref={textRef}
        kind={draft.kind}
        value={draft.source}
        placeholder={placeholder(draft.kind)}
        invalid={error !== undefined}
        describedBy={error === undefined ? "source-size" : "source-error source-size"}
        onChange={(source) => {
          onChange({ source });
        }}
        onLine={onLine}
      />
      <FieldError id="source-error" message={error} />
      <p id="source-size" className={styles["foot"]}>
        <Size draft={draft} />
        <DraftBar own={own} empty={empty} />
      </p>
    </div>
  );
}
