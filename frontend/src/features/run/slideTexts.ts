/** What slides say, in words for people. Pure. */
import type { SlideText } from "@/api/types";
import { t } from "@lingui/core/macro";
import { figure } from "@/lib/format";

const oneLine = (text: string): string => text.split(/\s+/).join(" ").trim();

/** The first of its headings of the highest rank; empty where it has none. */
export function titleOf({ blocks }: SlideText): string {
  const headings = blocks.filter(({ kind }) => kind === "heading");
  const highest = Math.min(...headings.map(({ level }) => level ?? 1));
  return oneLine(headings.find(({ level }) => (level ?? 1) === highest)?.text ?? "");
}

export interface Heading {
  /** Of the slide, from 1. */
  index: number;
  /** 1 is the highest. */
  level: number;
  text: string;
}

/** Where each heading of the document stands first; one that is repeated on the next slide is not told again. */
export function headingsOf(slides: readonly SlideText[]): Heading[] {
  const found: Heading[] = [];
  const before = new Map<number, string>();
  for (const { index, blocks } of slides) {
    for (const { kind, level, text, added = [] } of blocks) {
      if (kind !== "heading") continue;
      const words = oneLine(text);
      const rank = level ?? 1;
      if (words === "" || added.map(oneLine).includes(words) || before.get(rank) === words) continue;
      before.set(rank, words);
      for (const lower of before.keys()) if (lower > rank) before.delete(lower);
      found.push({ index, level: rank, text: words });
    }
  }
  return found;
}

type Part = { top: number } & (
  | { kind: "picture"; text: string }
  | { kind: SlideText["blocks"][number]["kind"]; text: string; dir: "ltr" | "rtl"; lang: string }
);

/** Blocks in reading order, and each picture before the first block that begins below its upper edge. */
export function partsOf({ blocks, pictures = [] }: SlideText): Part[] {
  const waiting = [...pictures].sort((a, b) => a.box.top - b.box.top);
  const parts: Part[] = [];
  const pictureUpTo = (top: number): void => {
    for (let next = waiting[0]; next !== undefined && next.box.top <= top; next = waiting[0]) {
      waiting.shift();
      const text = oneLine(next.alt === "" ? (next.words ?? "") : next.alt);
      parts.push({ kind: "picture", text, top: next.box.top });
    }
  };
  for (const { kind, text, dir = "ltr", lang = "", box } of blocks) {
    pictureUpTo(box.top);
    parts.push({ kind, text, dir, lang, top: box.top });
  }
  pictureUpTo(Infinity);
  return parts;
}

/** The words of a slide as plain text, to be pasted elsewhere. */
export function plainText(slide: SlideText): string {
  const lines = partsOf(slide).map(({ kind, text }) => {
    if (kind === "picture") return text === "" ? "" : `[${text}]`;
    return kind === "item" ? `- ${text}` : text;
  });
  return lines.filter((line) => line !== "").join("\n");
}

const ALT_CHARACTERS = 250; // about what screen readers and forms for alternative texts bear

/** What stands for the picture of a slide where it cannot be seen: its title, then its words as far as they fit. */
export function altText(slide: SlideText): string {
  const title = titleOf(slide);
  const rest = partsOf(slide)
    .map(({ text }) => oneLine(text))
    .filter((text) => text !== "" && text !== title)
    .map((text) => (/[.!?…।؟。]$/u.test(text) ? text : `${text}.`))
    .join(" ");
  const whole = [
    title === "" ? t`Slide ${figure(slide.index)}` : t`Slide ${figure(slide.index)}: ${title}`,
    rest,
  ].filter((part) => part !== "");
  return shorten(whole.join(". "), ALT_CHARACTERS);
}

/** At a space, where there is one; never through a character. */
function shorten(text: string, most: number): string {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const cut = characters.slice(0, most - 1).join("");
  const space = cut.lastIndexOf(" ");
  return `${(space > most / 2 ? cut.slice(0, space) : cut).replace(/[\s.,;:]+$/u, "")}…`;
}
