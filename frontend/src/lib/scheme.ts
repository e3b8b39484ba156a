/** Light or dark: as the system is set, unless somebody chose one of both for this browser. The colours: app/tokens.css. */
const KEY = "pressrun.scheme";

export const SCHEMES = ["light", "dark"] as const;
export type Scheme = (typeof SCHEMES)[number];

const isScheme = (name: string | null): name is Scheme => SCHEMES.some((scheme) => scheme === name);

/** Null: as the system is set. */
export function chosenScheme(): Scheme | null {
  try {
    const kept = localStorage.getItem(KEY);
    return isScheme(kept) ? kept : null;
  } catch {
    return null;
  }
}

function show(scheme: Scheme | null): void {
  const { dataset } = document.documentElement;
  if (scheme === null) delete dataset["scheme"];
  else dataset["scheme"] = scheme;
}

/** Once, before anything is shown. */
export function beginScheme(): void {
  show(chosenScheme());
}

/** Kept in this browser; where it keeps nothing, as long as the page is there. */
export function chooseScheme(scheme: Scheme | null): void {
  show(scheme);
  try {
    if (scheme === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, scheme);
  } catch {
    // Storage is off.
  }
}
