import { type DragEvent, type ReactElement, type RefObject, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { type Draft, KINDS, limitOf, sourceKind, sourceSize } from "./draft";
import { Choice, FieldError } from "@/components/Field";
import { ACCEPTED, FileRefused, readSourceFile } from "./files";
import styles from "./SourceEditor.module.css";

interface Props {
  draft: Draft;
  kept: boolean;
  problem: string | undefined;
  textRef: RefObject<HTMLTextAreaElement | null>;
  onChange: (change: Partial<Draft>) => void;
}

type Source = Pick<Draft, "kind" | "source">;

const EXAMPLES: Partial<Record<Draft["kind"], string>> = {
  text: "# Write your lesson here\n\nMarkdown or plain text: headings, lists, tables, code.",
  html: "<h1>Paste a whole HTML document here</h1>",
};

function placeholder(kind: Draft["kind"]): string {
  const { label, endings } = sourceKind(kind);
  return `${EXAMPLES[kind] ?? `Paste ${label} here`}\n\nOr drop a file: ${endings.join(", ")}`;
}

/** The file a person dropped or chose, and the way back to what was there before. */
function useFile(draft: Draft, onChange: Props["onChange"]) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [loaded, setLoaded] = useState<{ name: string; before: Source; after: string } | null>(null);
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      const source = await readSourceFile(file);
      setLoaded({
        name: file.name,
        before: { kind: draft.kind, source: draft.source },
        after: source.source,
      });
      setRefusal(null);
      onChange(source);
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      setRefusal(error.message);
    }
  };
  const undo = (): void => {
    if (loaded !== null) onChange(loaded.before);
    setLoaded(null);
  };
  // Once the loaded text was edited, going back would lose work: the offer ends.
  return { refusal, loaded: loaded?.after === draft.source ? loaded : null, take, undo };
}

function FileBar({ file }: { file: ReturnType<typeof useFile> }): ReactElement {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className={styles["files"]}>
      <span role="status" className={styles["loaded"]}>
        {file.loaded !== null && `Loaded ${file.loaded.name}`}
      </span>
      {file.loaded !== null && file.loaded.before.source.trim() !== "" && (
        <Button onClick={file.undo}>Bring back what was here</Button>
      )}
      <input
        ref={input}
        type="file"
        hidden
        accept={ACCEPTED}
        aria-label="Source file"
        onChange={(event) => {
          void file.take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <Button onClick={() => input.current?.click()}>
        <Icon name="file" />
        Open a file
      </Button>
    </div>
  );
}

function Size({ draft }: { draft: Draft }): ReactElement {
  const { most, unit } = limitOf(draft.kind);
  const size = sourceSize(draft);
  return (
    <span className={size > most ? styles["over"] : undefined}>
      {size.toLocaleString("en")} of {most.toLocaleString("en")} {unit}
    </span>
  );
}

/** Where the source is written, pasted, dropped or opened. */
export function SourceEditor({ draft, kept, problem, textRef, onChange }: Props): ReactElement {
  const file = useFile(draft, onChange);
  const [over, setOver] = useState(false);
  const error = file.refusal ?? problem;
  const drop = (event: DragEvent): void => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    setOver(false);
    void file.take(event.dataTransfer.files[0]);
  };
  const drag = (event: DragEvent): void => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setOver(true);
  };
  return (
    <div
      className={styles["editor"]}
      data-over={over}
      onDrop={drop}
      onDragOver={drag}
      onDragLeave={() => {
        setOver(false);
      }}
    >
      <div className={styles["top"]}>
        <Choice
          legend="The source is"
          name="kind"
          type="radio"
          options={KINDS.map((kind) => ({ value: kind, label: sourceKind(kind).label }))}
          chosen={[draft.kind]}
          onChange={(kind) => {
            onChange({ kind });
          }}
        />
        <FileBar file={file} />
      </div>
      <label className="visually-hidden" htmlFor="source">
        Source
      </label>
      <textarea
        id="source"
        ref={textRef}
        className={styles["text"]}
        dir="auto"
        data-kind={draft.kind}
        value={draft.source}
        placeholder={placeholder(draft.kind)}
        spellCheck={draft.kind === "text"}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? "source-size" : "source-error source-size"}
        onChange={(event) => {
          onChange({ source: event.target.value });
        }}
      />
      <FieldError id="source-error" message={error} />
      <p id="source-size" className={styles["foot"]}>
        <Size draft={draft} />
        <span>
          {kept ? "Draft kept in this browser" : "Too large to be kept in this browser: a reload loses it"}
        </span>
      </p>
    </div>
  );
}
