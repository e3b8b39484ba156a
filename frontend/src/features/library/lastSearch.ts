/** The filters that were last chosen, for as long as the tab lives: whoever comes back finds them as they were. */
import { type LibrarySearch, readSearch } from "./filters";

const KEY = "pressrun.library";

export function keepSearch(search: LibrarySearch): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(search));
  } catch {
    // Storage is off: the address has them.
  }
}

export function lastSearch(): LibrarySearch {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? readSearch(kept as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
