import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readNumber } from "./readNumber";

test.each([
  ["٢٥", 25],
  ["۱۲۳", 123],
  ["१५", 15],
  ["１．５", 1.5],
  ["٠٫٥", 0.5],
  ["\u200f٤٠", 40],
  ["๙", 9],
  ["𝟡𝟎", 90],
  ["1.25", 1.25],
  ["", 0],
])("%s is read as %d", (typed, number) => {
  expect(readNumber(typed)).toBe(number);
});

test.each(["१x", "٢ ٥", "1٫2٫3", "two"])("%s is none", (typed) => {
  expect(readNumber(typed)).toBeNaN();
});

// The zeros of some scripts, by their blocks: NKo, Devanagari, Bengali, Tamil, Thai, Khmer, Myanmar, Mongolian, Chakma.
const ZEROS = [0x7c0, 0x966, 0x9e6, 0xbe6, 0xe50, 0x17e0, 0x1040, 0x1810, 0x11136];

test("a whole number means the same in the digits of each script", () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...ZEROS), (number, zero) => {
      const typed = String(number).replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
      expect(readNumber(typed)).toBe(number);
    }),
  );
});
