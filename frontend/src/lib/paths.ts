/** Addresses of this page's screens, beside those that are the server's own (`runUrl`). Pure. */

/** `{ tab: "log" }` -> `?tab=log`; what is undefined is left out. */
export function queryOf(search: object): string {
  const said = Object.entries(search).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

/** Plain words, as anybody may have typed them by hand; of a word given twice, the last. */
export const searchOf = (query: string): Record<string, unknown> =>
  Object.fromEntries(new URLSearchParams(query));

/** As a person would write it; as it stands where it is none (`%E0%A4%A`). */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
