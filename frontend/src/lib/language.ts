/** In which language the page speaks, and how it writes numbers and dates. The texts: src/locales/, ../../messages.mjs. */
import { i18n, type MessageDescriptor, type Messages } from "@lingui/core";

/** Each by its own name, which is never translated. */
export const LANGUAGES = {
  en: "English",
  de: "Deutsch",
  hi: "हिन्दी",
  ne: "नेपाली",
  zh: "简体中文",
  ar: "العربية",
} as const;
export type Language = keyof typeof LANGUAGES;

const FROM_RIGHT: ReadonlySet<Language> = new Set(["ar"]);

type Catalogue = Promise<{ messages: Messages }>;

/** English is in the code itself. */
const catalogues: Readonly<Record<Exclude<Language, "en">, () => Catalogue>> = {
  de: () => import("virtual:catalogue/de"),
  hi: () => import("virtual:catalogue/hi"),
  ne: () => import("virtual:catalogue/ne"),
  zh: () => import("virtual:catalogue/zh"),
  ar: () => import("virtual:catalogue/ar"),
};

const KEY = "pressrun.words";

const isLanguage = (name: string): name is Language => Object.hasOwn(LANGUAGES, name);

/** Language and script, so that who reads traditional Chinese is not given simplified. Null: no tag. */
function spoken(tag: string): { language: string; script: string | undefined } | null {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return { language, script };
  } catch {
    return null;
  }
}

/** The first of the wanted tags (BCP 47) that this page speaks; English where it speaks none. */
export function firstSpoken(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const { language = "", script } = spoken(tag) ?? {};
    if (isLanguage(language) && spoken(language)?.script === script) return language;
  }
  return "en";
}

/** What somebody chose in this browser; null: as the browser is set. */
export function chosenLanguage(): Language | null {
  try {
    const kept = localStorage.getItem(KEY) ?? "";
    return isLanguage(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** Numbers and dates as in somebody's own country, where the browser names one for that language. */
const localeOf = (language: Language): string =>
  navigator.languages.find((tag) => firstSpoken([tag]) === language && spoken(tag)?.language === language) ??
  language;

async function speak(language: Language): Promise<void> {
  const messages = language === "en" ? {} : (await catalogues[language]()).messages;
  i18n.loadAndActivate({ locale: language, locales: localeOf(language), messages });
  document.documentElement.lang = language;
  document.documentElement.dir = direction();
}

/** Once, before anything is shown. Where a catalogue does not come, the page speaks English. */
export const beginToSpeak = (): Promise<void> =>
  speak(chosenLanguage() ?? firstSpoken(navigator.languages)).catch(() => undefined);

/** Null: as the browser is set. Kept in this browser. Rejects where the catalogue does not come: then all stays. */
export async function chooseLanguage(language: Language | null): Promise<void> {
  await speak(language ?? firstSpoken(navigator.languages));
  try {
    if (language === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, language);
  } catch {
    // Storage is off: it is spoken as long as the page is there.
  }
}

/** Calls `listener` when another language is spoken. */
export const onLanguage = (listener: () => void): (() => void) => i18n.on("change", listener);

export const language = (): Language => (isLanguage(i18n.locale) ? i18n.locale : "en");
export const direction = (): "ltr" | "rtl" => (FROM_RIGHT.has(language()) ? "rtl" : "ltr");

/** For `Intl`. */
export const locale = (): string => (typeof i18n.locales === "string" ? i18n.locales : i18n.locale);

/** Of a table: a message, or a name that is the same in every language. */
export type Words = MessageDescriptor | string;

/** In the language that is spoken. */
export const say = (words: Words): string => (typeof words === "string" ? words : i18n._(words));

i18n.loadAndActivate({ locale: "en", messages: {} });
