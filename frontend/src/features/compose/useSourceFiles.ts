import { useState } from "react";
import type { Draft } from "./draft";
import { FileRefused, readSourceFile } from "./files";

type Source = Pick<Draft, "kind" | "source">;

export interface SourceFiles {
  /** Why the last one was not taken; gone as soon as something else is done. */
  refusal: string | null;
  /** What took the text's place, and whether that can be undone. */
  loaded: { name: string; canUndo: boolean } | null;
  /** More than one at once: what is to become of them has to be asked. */
  several: readonly File[];
  take: (files: readonly File[]) => void;
  /** A source that is known by `name` takes the text's place. */
  load: (name: string, source: Source) => void;
  undo: () => void;
  closeSeveral: () => void;
}

/** Files that were dropped or chosen, and the way back to what was there before. */
export function useSourceFiles(draft: Draft, onChange: (change: Partial<Draft>) => void): SourceFiles {
  const [refused, setRefused] = useState<{ message: string; at: string } | null>(null);
  const [loaded, setLoaded] = useState<{ name: string; before: Source; after: string } | null>(null);
  const [several, setSeveral] = useState<readonly File[]>([]);
  const load = (name: string, source: Source): void => {
    setLoaded({ name, before: { kind: draft.kind, source: draft.source }, after: source.source });
    setRefused(null);
    onChange(source);
  };
  const takeOne = async (file: File): Promise<void> => {
    try {
      const { source, encoding } = await readSourceFile(file);
      load(encoding === null ? file.name : `${file.name} (${encoding})`, source);
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      setLoaded(null);
      setRefused({ message: error.message, at: draft.source });
    }
  };
  return {
    // It was about a file; who writes on has seen it.
    refusal: refused?.at === draft.source ? refused.message : null,
    // Once the loaded text was edited, going back would lose work: the offer ends.
    loaded:
      loaded?.after === draft.source
        ? { name: loaded.name, canUndo: loaded.before.source.trim() !== "" }
        : null,
    several,
    take: (files) => {
      const [first] = files;
      if (files.length > 1) setSeveral(files);
      else if (first !== undefined) void takeOne(first);
    },
    load,
    undo: () => {
      if (loaded !== null) onChange(loaded.before);
      setLoaded(null);
    },
    closeSeveral: () => {
      setSeveral([]);
    },
  };
}
