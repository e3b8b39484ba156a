/** A dropped or chosen file -> source. */
import { formatBytes } from "@/lib/format";
import { type Draft, LIMITS } from "./draft";

export const ACCEPTED = ".md,.markdown,.txt,.html,.htm";

export class FileRefused extends Error {
  override readonly name = "FileRefused";
}

const kinds: Readonly<Record<string, Draft["kind"]>> = {
  md: "text",
  markdown: "text",
  txt: "text",
  html: "html",
  htm: "html",
};

/** Raises: `FileRefused` with what to do instead. */
export async function readSourceFile(file: File): Promise<Pick<Draft, "kind" | "source">> {
  const kind = kinds[file.name.split(".").pop()?.toLowerCase() ?? ""];
  if (kind === undefined) {
    throw new FileRefused(`“${file.name}” is not text. Take a .md, .txt or .html file.`);
  }
  // No character takes more than four bytes: a file over this cannot be within the limit, so do not read it.
  if (file.size > Math.max(LIMITS.html, LIMITS.text * 4)) {
    throw new FileRefused(
      `“${file.name}” has ${formatBytes(file.size)}; at most ${formatBytes(LIMITS.html)} are taken.`,
    );
  }
  try {
    const source = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return { kind, source };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new FileRefused(`“${file.name}” is not UTF-8 text. Save it as UTF-8 and drop it again.`);
  }
}
