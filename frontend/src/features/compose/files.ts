/** A dropped or chosen file -> source. */
import { t } from "@lingui/core/macro";
import { formatBytes } from "@/lib/format";
import { SOURCES } from "@/api/tables.gen";
import { type Draft } from "./draft";
import { decodeText } from "./encodings";

const ENDINGS: readonly string[] = SOURCES.flatMap(({ endings }) => endings);
export const ACCEPTED = ENDINGS.join();

export class FileRefused extends Error {
  override readonly name = "FileRefused";
}

/** No character takes more than four bytes. */
const mostBytes = ({ max_bytes, max_characters }: (typeof SOURCES)[number]): number =>
  max_bytes ?? 4 * max_characters;

export interface SourceFile {
  source: Pick<Draft, "kind" | "source">;
  /** Null: UTF-8. Else what it was taken for, which may be wrong. */
  encoding: string | null;
}

/** Raises: `FileRefused` with what to do instead. */
export async function readSourceFile(file: File): Promise<SourceFile> {
  const ending = `.${file.name.split(".").pop()?.toLowerCase() ?? ""}`;
  const kind = SOURCES.find(({ endings }) => (endings as readonly string[]).includes(ending));
  if (kind === undefined) {
    throw new FileRefused(t`“${file.name}” is not text. Take a file of ${ENDINGS.join(", ")}.`);
  }
  // A file over this cannot be within the limit, so do not read it.
  const most = Math.max(...SOURCES.map(mostBytes));
  if (file.size > most) {
    throw new FileRefused(
      t`“${file.name}” has ${formatBytes(file.size)}; at most ${formatBytes(most)} are taken.`,
    );
  }
  const decoded = decodeText(new Uint8Array(await file.arrayBuffer()), navigator.languages);
  if (decoded === null)
    throw new FileRefused(t`“${file.name}” is no text in any encoding that this browser reads.`);
  return { source: { kind: kind.field, source: decoded.text }, encoding: decoded.encoding };
}
