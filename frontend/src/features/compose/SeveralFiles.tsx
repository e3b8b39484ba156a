import { msg, t } from "@lingui/core/macro";
import { type ReactElement, useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { runUrl } from "@/api/runs";
import { explain } from "@/api/problems";
import { Button, buttonClass } from "@/components/Button";
import { Dialog, DialogActions } from "@/components/Dialog";
import { fileCount } from "@/lib/format";
import { newKey } from "@/lib/newKey";
import { startRun } from "@/stream/startRun";
import { type Draft, findProblems, toRequest } from "./draft";
import { FileRefused, readSourceFile } from "./files";
import { joined } from "./joined";
import styles from "./SeveralFiles.module.css";
import { say } from "@/lib/language";

type Source = Pick<Draft, "kind" | "source">;

/** A file, what it holds or why it is not taken, and what has become of it. */
interface Entry {
  name: string;
  source: Source | null;
  said: string | null;
  operationId: string | null;
}

interface Props {
  files: readonly File[];
  /** Its options are those of every run. */
  draft: Draft;
  onDeck: (name: string, source: Source) => void;
  onClose: () => void;
}

/** Several files at once: a run of each, one after the other, or one deck of all. */
export function SeveralFiles({ files, draft, onDeck, onClose }: Props): ReactElement {
  const { entries, sending, sent, makeEach } = useSeveral(files, draft);
  const taken = entries.flatMap(({ source }) => (source === null ? [] : [source]));
  const pages = taken.some(({ kind }) => kind !== "text");
  const wrongOptions = findProblems({ ...draft, source: "x" }).length > 0;
  const why = taken.length === 0 ? null : wrongOptions ? WRONG_OPTIONS : pages ? PAGES : null;
  return (
    <Dialog title={fileCount(files.length)} onClose={onClose}>
      {!sent && <p>{t`Make slides of each file by itself, or of all of them together?`}</p>}
      <ul className={styles["files"]} aria-live="polite">
        {entries.map(({ name, said, operationId }, at) => (
          <li key={`${name} ${at}`}>
            <bdi>{name}</bdi>
            {operationId === null ? <span>{said}</span> : <Link href={runUrl(operationId)}>{said}</Link>}
          </li>
        ))}
      </ul>
      {!sent && why !== null && <p>{say(why)}</p>}
      <DialogActions>
        {sent ? (
          <>
            <Button onClick={onClose}>{t`Stay here`}</Button>
            <Link href="/runs" className={buttonClass("primary")}>
              {t`Go to the runs`}
            </Link>
          </>
        ) : (
          <>
            <Button onClick={onClose}>{t`Cancel`}</Button>
            <Button
              disabled={sending || taken.length === 0 || pages}
              onClick={() => {
                onDeck(t`${fileCount(taken.length)} as one`, {
                  kind: "text",
                  source: joined(taken.map(({ source }) => source)),
                });
                onClose();
              }}
            >
              {t`One deck of all`}
            </Button>
            <Button
              tone="primary"
              disabled={sending || taken.length === 0 || wrongOptions}
              onClick={makeEach}
            >
              {sending ? t`Sending …` : t`A run of each`}
            </Button>
          </>
        )}
      </DialogActions>
    </Dialog>
  );
}

const WRONG_OPTIONS = msg`Something in the options is to be put right before there can be runs.`;
const PAGES = msg`HTML pages cannot be joined into one deck.`;

function useSeveral(files: readonly File[], draft: Draft) {
  const [entries, setEntries] = useState<readonly Entry[]>(() =>
    files.map(({ name }) => ({ name, source: null, said: "…", operationId: null })),
  );
  const [state, setState] = useState<"asking" | "sending" | "sent">("asking");
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    const read = async (): Promise<void> => {
      const found = await Promise.all(files.map(entryOf));
      if (shown.current) setEntries(found);
    };
    void read();
    return () => {
      shown.current = false; // what was not sent yet stays unsent
    };
  }, [files]);
  const put = (at: number, part: Partial<Entry>): void => {
    setEntries((before) => before.map((entry, place) => (place === at ? { ...entry, ...part } : entry)));
  };
  const send = async (): Promise<void> => {
    setState("sending");
    for (const [at, { source }] of entries.entries()) {
      if (source === null || !shown.current) continue;
      put(at, { said: t`Sending …` });
      put(at, await startedFrom({ ...draft, ...source, title: "" }));
    }
    setState("sent");
  };
  return {
    entries,
    sending: state === "sending",
    sent: state === "sent",
    makeEach: () => {
      void send();
    },
  };
}

async function entryOf(file: File): Promise<Entry> {
  const { name } = file;
  try {
    const { source, encoding } = await readSourceFile(file);
    return { name, source, said: encoding, operationId: null };
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    return { name, source: null, said: error.message, operationId: null };
  }
}

/** A run that begins, or waits for its turn. */
async function startedFrom(draft: Draft): Promise<Pick<Entry, "said" | "operationId">> {
  const problem = findProblems(draft)[0];
  if (problem !== undefined) return { said: problem.message, operationId: null };
  try {
    const request = { ...toRequest(draft), on_busy: "queue" } as const;
    const { operationId, disposition } = await startRun(request, { idempotencyKey: newKey() });
    return { said: disposition === "queued" ? t`Waits for its turn` : t`Started`, operationId };
  } catch (error) {
    return { said: explain(error), operationId: null };
  }
}
