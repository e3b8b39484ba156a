import fc from "fast-check";
import { expect, test } from "vitest";
import type { PreviewAnswer } from "@/api/types";
import { emptyDraft } from "./draft";
import { figures, lineAt, placeOfLine, previewRequest, slideOfLine } from "./preview";

const slides = (...lines: (number | null)[]): PreviewAnswer["slides"] =>
  lines.map((line, at) => ({ index: at + 1, title: "", layout: "text", fill: 0.5, line }));

test("the slide of a line is the last that begins there or above", () => {
  const some = slides(1, 5, null, 9);
  expect([1, 4, 5, 8, 9, 99].map((line) => slideOfLine(some, line))).toEqual([0, 0, 1, 1, 3, 3]);
  expect(slideOfLine([], 1)).toBe(-1);
  expect(slideOfLine(slides(null, null), 7)).toBe(0);
});

test("a slide leads to the first character of its line, and that character back to the slide", () => {
  const source = "# One\n\ntext\n\n# Two\n\nmore";
  const some = slides(1, 5, null);
  expect(placeOfLine(source, some[1]?.line ?? 0)).toBe(source.indexOf("# Two"));
  expect(slideOfLine(some, lineAt(source, source.indexOf("# Two")))).toBe(1);
});

test("every place of a text has a line, and every line a place at which it begins", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "ن", " ") }), fc.nat(40), (source, at) => {
      const line = lineAt(source, Math.min(at, source.length));
      expect(line).toBe(source.slice(0, Math.min(at, source.length)).split("\n").length);
      const place = placeOfLine(source, line);
      expect(place).toBe(
        source
          .split("\n")
          .slice(0, line - 1)
          .join("\n").length + (line > 1 ? 1 : 0),
      );
    }),
  );
});

test("a draft that cannot be sent has no preview, and what no slide shows asks for no other", () => {
  const draft = { ...emptyDraft, source: "# A" };
  expect(previewRequest(emptyDraft)).toBeNull();
  expect(previewRequest({ ...draft, zoom: "x" })).toBeNull();
  const other = { ...draft, imageFormat: "webp", outputs: ["pdf", "video"], voice: "auto" } as const;
  expect(previewRequest({ ...other, outputs: [...other.outputs] })).toEqual(previewRequest(draft));
  expect(previewRequest({ ...draft, outputs: [] })).toEqual(previewRequest(draft));
  expect(previewRequest({ ...draft, theme: "ink" })).not.toEqual(previewRequest(draft));
});

test("the figures say how many slides, and how long it takes only where that is known", () => {
  const answer = { slide_count: 12, truncated: false, estimated_total_s: null } as PreviewAnswer;
  expect(figures({ ...answer, estimated_total_p75_s: null })).toBe("12 slides");
  expect(figures({ ...answer, estimated_total_s: 6, estimated_total_p75_s: 9 })).toBe(
    "12 slides · as pictures 6.0 s to 9.0 s",
  );
  expect(figures({ ...answer, truncated: true, estimated_total_p75_s: null })).toBe("the first 12 slides");
});
