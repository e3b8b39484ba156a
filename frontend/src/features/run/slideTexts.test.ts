import fc from "fast-check";
import { expect, test } from "vitest";
import type { SlideText } from "@/api/types";
import { altText, headingsOf, partsOf, plainText, titleOf } from "./slideTexts";

type Block = SlideText["blocks"][number];
const box = (top: number) => ({ left: 0, top, width: 10, height: 10 });
const block = (kind: Block["kind"], text: string, top = 0, more: Partial<Block> = {}): Block => ({
  kind,
  text,
  level: kind === "heading" ? 1 : null,
  added: [],
  continues: false,
  joined: false,
  lang: "",
  dir: "ltr",
  box: box(top),
  ...more,
});
const slide = (index: number, blocks: Block[], more: Partial<SlideText> = {}): SlideText => ({
  index,
  layout: "",
  blocks,
  pictures: [],
  links: [],
  notes: "",
  ...more,
});

test("the title is the first of the highest headings", () => {
  const low = block("heading", "Low", 0, { level: 3 });
  expect(titleOf(slide(1, [low, block("heading", "High\n one"), block("heading", "Second")]))).toBe(
    "High one",
  );
  expect(titleOf(slide(1, [block("paragraph", "words")]))).toBe("");
});

test("the jump list has each heading where it stands first, and not where it is repeated", () => {
  const slides = [
    slide(1, [block("heading", "Rain"), block("heading", "Clouds", 1, { level: 2 })]),
    slide(2, [block("heading", "Rain"), block("paragraph", "more")]),
    slide(3, [block("heading", "Rain 2/3", 0, { added: ["Rain 2/3"] })]),
    slide(4, [block("heading", "Snow"), block("heading", "Clouds", 1, { level: 2 })]),
  ];
  expect(headingsOf(slides).map(({ index, level, text }) => [index, level, text])).toEqual([
    [1, 1, "Rain"],
    [1, 2, "Clouds"],
    [4, 1, "Snow"],
    [4, 2, "Clouds"],
  ]);
});

test("a picture stands in the text where it stands on the slide", () => {
  const shown = slide(1, [block("heading", "Rain", 0), block("item", "falls", 40)], {
    pictures: [{ alt: "A cloud", words: "", box: box(20) }],
  });
  expect(partsOf(shown).map(({ kind }) => kind)).toEqual(["heading", "picture", "item"]);
  expect(plainText(shown)).toBe("Rain\n[A cloud]\n- falls");
  expect(altText(shown)).toBe("Slide 1: Rain. A cloud. falls.");
});

test("an alternative text is never too long, and never ends in half a character", () => {
  const words = fc.array(fc.string({ unit: "grapheme", maxLength: 80 }), { maxLength: 9 });
  fc.assert(
    fc.property(words, (texts) => {
      const alt = altText(
        slide(
          7,
          texts.map((text, row) => block("paragraph", text, row)),
        ),
      );
      expect(Array.from(alt).length).toBeLessThanOrEqual(250);
      expect(alt).not.toMatch(/\p{Surrogate}/u);
      expect(alt.startsWith("Slide 7")).toBe(true);
    }),
  );
});
