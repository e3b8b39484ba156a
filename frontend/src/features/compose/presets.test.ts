import fc from "fast-check";
import { expect, test } from "vitest";
import { presetNames } from "@/lib/presetStore";
import { type Draft, emptyDraft } from "./draft";
import { chosenPreset, LONGEST_NAME, MOST_PRESETS, readPresets, removed, renamed, savedAs } from "./presets";

const draft: Draft = {
  ...emptyDraft,
  source: "# A",
  title: "A",
  theme: "ink",
  more: { footer: "f", lane: "l" },
};

test("a preset has every option and nothing of the text, and is the chosen one for whatever text", () => {
  const all = savedAs([], "  My   class ", {
    ...draft,
    more: { ...draft.more, attachments: { a: "b" } },
  });
  const [preset] = all;
  expect(preset?.name).toBe("My class");
  expect({ ...preset?.options, kind: "text", source: "# A", title: "A" }).toEqual(draft);
  expect(Object.keys(preset?.options ?? {})).not.toContain("source");
  const other = {
    ...draft,
    source: "<p>",
    kind: "html",
    title: "",
    more: { lane: "l", footer: "f" },
  } as const;
  expect(chosenPreset(all, other)).toBe(preset);
  expect(chosenPreset(all, { ...draft, zoom: "3" })).toBeUndefined();
});

test("a name has one preset: saving replaces, renaming to it does not", () => {
  const two = savedAs(savedAs([], "a", draft), "b", emptyDraft);
  expect(savedAs(two, "a", emptyDraft).map(({ name, options }) => [name, options.theme])).toEqual([
    ["a", "auto"],
    ["b", "auto"],
  ]);
  expect(renamed(two, "a", "b")).toEqual(two);
  expect(renamed(two, "a", " c ").map(({ name }) => name)).toEqual(["c", "b"]);
  expect(savedAs(two, " ", draft)).toEqual(two);
  expect(removed(two, "a").map(({ name }) => name)).toEqual(["b"]);
});

test("what is kept is read as it was, and whatever else stands there is passed over", () => {
  const kept = savedAs(savedAs([], "a", draft), "b", emptyDraft);
  const stored = JSON.stringify(kept);
  expect(readPresets(stored)).toEqual(kept);
  expect(presetNames(stored)).toEqual(["a", "b"]);
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.string(), fc.constant('[{"name":"x","options":{"zoom":3}}]')),
      (text) => {
        const read = readPresets(text);
        expect(readPresets(JSON.stringify(read))).toEqual(read);
        expect(new Set(read.map(({ name }) => name)).size).toBe(read.length);
        expect(read.every(({ name }) => name !== "" && name.length <= LONGEST_NAME)).toBe(true);
        expect(Array.isArray(presetNames(text))).toBe(true);
      },
    ),
  );
});

test("there are never more than so many", () => {
  let presets = savedAs([], "first", draft);
  for (let number = 0; number < MOST_PRESETS; number += 1) presets = savedAs(presets, `n${number}`, draft);
  expect(presets).toHaveLength(MOST_PRESETS);
  expect(presets.some(({ name }) => name === "first")).toBe(false);
});
