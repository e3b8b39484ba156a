/** Numbers, amounts and instants as people of that language read them. Pure; `now` is passed in. */
import { plural, t } from "@lingui/core/macro";
import { locale } from "./language";

/** One formatter for all: making it takes longer than a hundred numbers. */
function memo<T>(make: (locale: string) => T): () => T {
  let made: { locale: string; format: T } | null = null;
  return () => {
    const now = locale();
    if (made?.locale !== now) made = { locale: now, format: make(now) };
    return made.format;
  };
}

const whole = memo((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }));
const tenths = memo(
  (locale) => new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
);
const plain = memo((locale) => new Intl.NumberFormat(locale, { useGrouping: false }));
const twoDigits = memo((locale) => new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 }));

/** 9036 -> "9,036" */
export const number = (value: number): string => whole().format(value);

const hundredth = memo(
  (locale) => new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
);

/** 0.1 -> "0.10" */
export const hundredths = (value: number): string => hundredth().format(value);

/** For places, ports and pixels: 1920 -> "1920" */
export const figure = (value: number): string => plain().format(value);

/** 42 -> "42 %" */
export const percent = (value: number): string => t`${figure(value)} %`;

/** Whole seconds, however many: 75 -> "75 s" */
export const formatSeconds = (seconds: number): string => t`${figure(seconds)} s`;

/** 0.4 -> "0.4 s", 14.2 -> "14 s", 75 -> "1 min 15 s", 3700 -> "1 h 1 min" */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return t`${tenths().format(seconds)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return formatSeconds(rounded);
  if (rounded < 3600) return t`${figure(Math.floor(rounded / 60))} min ${figure(rounded % 60)} s`;
  return t`${figure(Math.floor(rounded / 3600))} h ${figure(Math.floor((rounded % 3600) / 60))} min`;
}

/** For a clock that ticks: whole seconds, so that the width stays put. */
export function formatElapsed(seconds: number): string {
  const rest = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => twoDigits().format(value);
  const [hours, minutes] = [Math.floor(rest / 3600), Math.floor((rest % 3600) / 60)];
  if (hours > 0) return `${figure(hours)}:${two(minutes)}:${two(rest % 60)}`;
  return `${figure(minutes)}:${two(rest % 60)}`;
}

const units = [
  (value: string) => t`${value} B`,
  (value: string) => t`${value} kB`,
  (value: string) => t`${value} MB`,
  (value: string) => t`${value} GB`,
  (value: string) => t`${value} TB`,
] as const;

/** Powers of 1000, as file managers and disks count. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  while (value >= 999.5 && power < units.length - 1) {
    value /= 1000;
    power += 1;
  }
  const said = power > 0 && value < 9.95 ? tenths().format(value) : figure(Math.round(value));
  return (units[power] ?? units[0])(said);
}

const relative = memo((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "always" }));
const dates = memo((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }));

/** "just now", "5 minutes ago", then the date. */
export function formatWhen(instant: string, now: number): string {
  const then = new Date(instant);
  const seconds = (now - then.getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < 9.95) return t`just now`;
  if (seconds < 60) return relative().format(-Math.round(seconds), "second");
  if (seconds < 3600) return relative().format(-Math.round(seconds / 60), "minute");
  if (seconds < 86_400) return relative().format(-Math.round(seconds / 3600), "hour");
  return dates().format(then);
}

const clocks = memo(
  (locale) =>
    new Intl.DateTimeFormat(locale, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    }),
);

/** "14:05:09" */
export const formatClock = (instant: string): string => clocks().format(new Date(instant));

export const secondsBetween = (from: string, to: number): number =>
  Math.max(0, (to - new Date(from).getTime()) / 1000);

export const slideCount = (n: number): string => plural(n, { one: "# slide", other: "# slides" });
export const runCount = (n: number): string => plural(n, { one: "# run", other: "# runs" });
export const fileCount = (n: number): string => plural(n, { one: "# file", other: "# files" });
export const characterCount = (n: number): string => plural(n, { one: "# character", other: "# characters" });
export const attemptCount = (n: number): string => plural(n, { one: "# attempt", other: "# attempts" });
export const eventCount = (n: number): string => plural(n, { one: "# event", other: "# events" });

/** "is too long; shorten it" -> "Is too long; shorten it." */
export function sentence(words: string): string {
  const [first = "", ...rest] = words.trim();
  const all = first.toLocaleUpperCase("en") + rest.join("");
  return all === "" || /[.!?…。]$/u.test(all) ? all : `${all}.`;
}

/** Several facts on one line; what is null is not said. */
export const dotted = (...parts: readonly (string | null)[]): string =>
  parts.filter((part) => part !== null && part !== "").join(" · ");

/** What a run is called where it has no title (yet). */
export const titleOf = (title: string | null | undefined): string => title ?? t`Untitled run`;
