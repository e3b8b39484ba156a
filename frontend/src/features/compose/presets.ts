/** Options under a name, to be chosen again. Pure. */
import { type Draft, emptyDraft, readDraft } from "./draft";

/** What of a draft is not its text. */
export type Options = Omit<Draft, "kind" | "source" | "title">;

export interface Preset {
  name: string;
  options: Options;
}

export const MOST_PRESETS = 30; // arbitrary (10..100): one may hold a logo of 0.7 MB
export const LONGEST_NAME = 60; // characters: what fits on a phone

const without = <T extends object, K extends keyof T>(value: T, ...names: K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name as K))) as Omit<T, K>;

/** Also without the files that were sent along with one text. */
export const optionsOf = (draft: Draft): Options => ({
  ...without(draft, "kind", "source", "title"),
  more: without(draft.more, "attachments"),
});

/** A key of what the options say, whatever the order in which they were set. */
const said = (options: Options): string =>
  JSON.stringify({ ...options, more: Object.entries(options.more).sort(([a], [b]) => (a < b ? -1 : 1)) });

/** The first that says what the draft's options say; undefined: none does. */
export function chosenPreset(presets: readonly Preset[], draft: Draft): Preset | undefined {
  const now = said(ordered(optionsOf(draft)));
  return presets.find(({ options }) => said(ordered(options)) === now);
}

const ordered = (options: Options): Options =>
  Object.fromEntries(
    (Object.keys(optionsOf(emptyDraft)) as (keyof Options)[]).map((name) => [name, options[name]]),
  ) as unknown as Options;

const trimmed = (name: string): string => name.trim().replaceAll(/\s+/gu, " ").slice(0, LONGEST_NAME);

/** Under a name that is there already it takes the other's place. An empty name changes nothing. */
export function savedAs(presets: readonly Preset[], name: string, draft: Draft): Preset[] {
  const kept = { name: trimmed(name), options: optionsOf(draft) };
  if (kept.name === "") return [...presets];
  const at = presets.findIndex((each) => each.name === kept.name);
  if (at < 0) return [...presets, kept].slice(-MOST_PRESETS);
  return presets.map((each, place) => (place === at ? kept : each));
}

/** Nothing changes where the name is empty, or another's. */
export function renamed(presets: readonly Preset[], from: string, to: string): Preset[] {
  const name = trimmed(to);
  if (name === "" || presets.some((each) => each.name === name)) return [...presets];
  return presets.map((each) => (each.name === from ? { ...each, name } : each));
}

export const removed = (presets: readonly Preset[], name: string): Preset[] =>
  presets.filter((each) => each.name !== name);

/** From storage, as `readDraft`: what an older version, or somebody else, left there falls back field by field. */
export function readPresets(stored: string | null): Preset[] {
  let value: unknown;
  try {
    value = JSON.parse(stored ?? "null");
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  const read = value.flatMap(presetOf);
  return read.filter(({ name }, at) => read.findIndex((each) => each.name === name) === at);
}

function presetOf(value: unknown): Preset[] {
  if (typeof value !== "object" || value === null || !("name" in value)) return [];
  const { name, options } = value as { name: unknown; options?: unknown };
  if (typeof name !== "string" || trimmed(name) === "") return [];
  return [{ name: trimmed(name), options: optionsOf(readDraft(JSON.stringify(options ?? null))) }];
}
