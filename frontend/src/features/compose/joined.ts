/** Several texts as the text of one deck. Pure. */

/** Of a front matter at the beginning, without what follows; empty where there is none. */
function frontMatter(source: string): string {
  return (
    /^\uFEFF?---[ \t]*\r?\n(?:[\w-]+:.*\r?\n|[ \t#-].*\r?\n|\r?\n)+?(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/.exec(
      source,
    )?.[0] ?? ""
  );
}

/** In their order. The front matter of the first is that of the deck; the others lose theirs, which would be text. */
export function joined(sources: readonly string[]): string {
  return sources
    .map((source, at) => (at === 0 ? source : source.slice(frontMatter(source).length)).trim())
    .filter((source) => source !== "")
    .join("\n\n");
}
