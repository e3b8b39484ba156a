/** Bytes of a file -> its text, in whatever encoding a browser can read. Pure. */

/** What people of a language wrote in before UTF-8, by the labels of https://encoding.spec.whatwg.org */
const BEFORE_UTF8: readonly (readonly [languages: RegExp, encoding: string])[] = [
  [/^zh-(tw|hk|mo|hant)/i, "big5"],
  [/^zh/i, "gb18030"],
  [/^ja/i, "shift_jis"],
  [/^ko/i, "euc-kr"],
  [/^(ar|fa|ur)/i, "windows-1256"],
  [/^(ru|uk|be|bg|sr|mk|kk|ky|mn)/i, "windows-1251"],
  [/^(cs|pl|hu|sk|sl|hr|ro|bs)/i, "windows-1250"],
  [/^el/i, "windows-1253"],
  [/^(tr|az)/i, "windows-1254"],
  [/^(he|yi)/i, "windows-1255"],
  [/^(et|lt|lv)/i, "windows-1257"],
  [/^vi/i, "windows-1258"],
  [/^th/i, "windows-874"],
];
const WESTERN = "windows-1252";
const LOOKED_AT_BYTES = 1024; // as far as a browser looks for a name of the encoding (HTML, prescan)

export interface Decoded {
  text: string;
  /** Null: UTF-8, of which nothing need be said. */
  encoding: string | null;
}

/** `languages` of whoever reads it, the dearest first. Null: no text in any of them. */
export function decodeText(bytes: Uint8Array, languages: readonly string[]): Decoded | null {
  for (const encoding of candidates(bytes, languages)) {
    const text = decoded(bytes, encoding);
    if (text !== null) return { text, encoding: encoding === "utf-8" ? null : encoding };
  }
  return null;
}

function candidates(bytes: Uint8Array, languages: readonly string[]): string[] {
  const wide = wideOf(bytes);
  if (wide !== null) return [wide];
  const own = languages.flatMap((language) => {
    const row = BEFORE_UTF8.find(([those]) => those.test(language));
    return row === undefined ? [] : [row[1]];
  });
  const named = namedIn(bytes);
  return ["utf-8", ...(named === null ? [] : [named]), ...own, WESTERN];
}

/** UTF-16, by its mark, or because every other byte of what is mostly Latin is 0. */
function wideOf(bytes: Uint8Array): string | null {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const start = bytes.subarray(0, LOOKED_AT_BYTES);
  const zeros = [0, 0];
  start.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (odd > start.length / 4 && even === 0) return "utf-16le";
  return even > start.length / 4 && odd === 0 ? "utf-16be" : null;
}

/** `<meta charset=…>`, or the same in an XML declaration. */
function namedIn(bytes: Uint8Array): string | null {
  const start = new TextDecoder(WESTERN).decode(bytes.subarray(0, LOOKED_AT_BYTES));
  const label = /(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)/i.exec(start)?.[1];
  if (label === undefined) return null;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return null; // no browser knows it
  }
}

/** Null where it is not written in that, or says nothing that a person would write. */
function decoded(bytes: Uint8Array, encoding: string): string | null {
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  // a NUL, and in single bytes other signs for machines, are of pictures and programs
  // eslint-disable-next-line no-control-regex -- those are meant
  const ofMachines = encoding === "utf-8" ? /\0/ : /[\0-\x08\x0e-\x1a\x1c-\x1f\x80-\x9f]/;
  return ofMachines.test(text) ? null : text;
}
