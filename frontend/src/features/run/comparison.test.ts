import fc from "fast-check";
import { expect, test } from "vitest";
import { differencesOf, pairsOf } from "./comparison";

const shown = (left: string, right: string): string =>
  pairsOf(Array.from(left), Array.from(right))
    .map((pair) => `${left[pair.left ?? -1] ?? "-"}${pair.same ? "=" : "|"}${right[pair.right ?? -1] ?? "-"}`)
    .join(" ");

test.each([
  ["abc", "abc", "a=a b=b c=c"],
  ["abc", "axc", "a=a b|x c=c"],
  ["abc", "abxc", "a=a b=b -|x c=c"],
  ["abcd", "ad", "a=a b|- c|- d=d"],
  ["", "a", "-|a"],
])("%s beside %s: equal slides meet, whatever came between", (left, right, pairs) => {
  expect(shown(left, right)).toBe(pairs);
});

test("no slide is lost or told twice, and only equal ones are called the same", () => {
  const slides = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
  fc.assert(
    fc.property(slides, slides, (left, right) => {
      const pairs = pairsOf(left, right);
      const places = (side: "left" | "right") => pairs.flatMap((pair) => pair[side] ?? []);
      expect(places("left")).toEqual(left.map((_, at) => at));
      expect(places("right")).toEqual(right.map((_, at) => at));
      for (const pair of pairs) {
        if (pair.same) expect(left[pair.left ?? -1]).toBe(right[pair.right ?? -1]);
      }
      if (left.join() === right.join()) expect(pairs.every(({ same }) => same)).toBe(true);
    }),
  );
});

test("the fields that differ are named, of a long text the place where it begins to", () => {
  const long = "The river carries sand. ".repeat(20);
  const differences = differencesOf(
    { text: `${long}It ends in the sea.${long}`, zoom: 2, outputs: ["images"] },
    { text: `${long}It ends in a lake.${long}`, zoom: 2, outputs: ["images", "pdf"] },
  );
  expect(differences.map(({ field }) => field)).toEqual(["text", "outputs"]);
  const [text, outputs] = differences;
  expect(text?.left).toMatch(/^…\S.*the sea/);
  expect(text?.right).toMatch(/^….*a lake/);
  expect(text?.left?.length).toBeLessThan(90);
  expect(outputs).toEqual({ field: "outputs", left: "images", right: "images, pdf" });
});
