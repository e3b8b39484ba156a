import { expect, test } from "vitest";
import { SIZES } from "./choices";
import { ASPECTS } from "./tables.gen";

const pixels = ({ width, height }: { width: number; height: number }): string => `${width}x${height}`;

test.each(Object.entries(SIZES))(
  "the size %s is a shape that a text can name, in its pixels",
  (name, size) => {
    expect(pixels(size)).toBe(name);
    expect(Object.values(ASPECTS).map(pixels)).toContain(name);
  },
);
