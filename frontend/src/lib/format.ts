/** Numbers and instants as people read them. Pure; `now` is passed in. */

/** 0.4 -> "0.4 s", 14.2 -> "14 s", 75 -> "1 min 15 s", 3700 -> "1 h 1 min" */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** For a clock that ticks: whole seconds, so that the width stays put. */
export function formatElapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest.replace(/^0/, "");
}

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** Powers of 1000, as file managers and disks count. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  while (value >= 999.5 && power < units.length - 1) {
    value /= 1000;
    power += 1;
  }
  return `${power > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? "B"}`;
}

/** "just now", "5 minutes ago", then the date. */
export function formatWhen(instant: string, now: number): string {
  const then = new Date(instant);
  const seconds = (now - then.getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < 9.95) return "just now";
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  if (seconds < 60) return relative.format(-Math.round(seconds), "second");
  if (seconds < 3600) return relative.format(-Math.round(seconds / 60), "minute");
  if (seconds < 86_400) return relative.format(-Math.round(seconds / 3600), "hour");
  return new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(then);
}

export const secondsBetween = (from: string, to: number): number =>
  Math.max(0, (to - new Date(from).getTime()) / 1000);

/** "1 slide", "3 slides", "9,036 characters" */
export const count = (amount: number, noun: string): string =>
  `${amount.toLocaleString("en")} ${noun}${amount === 1 ? "" : "s"}`;

/** "is too long; shorten it" -> "Is too long; shorten it." */
export function sentence(words: string): string {
  const [first = "", ...rest] = words.trim();
  const whole = first.toLocaleUpperCase("en") + rest.join("");
  return whole === "" || /[.!?…。]$/u.test(whole) ? whole : `${whole}.`;
}

/** What a run is called where it has no title (yet). */
export const titleOf = (title: string | null | undefined): string => title ?? "Untitled run";
