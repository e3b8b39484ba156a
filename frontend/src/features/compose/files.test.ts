import { expect, test } from "vitest";
import { FileRefused, readSourceFile } from "./files";

const file = (name: string, content: BlobPart): File => new File([content], name);

test.each([
  ["lesson.md", "text"],
  ["LESSON.TXT", "text"],
  ["page.htm", "html"],
])("%s is taken as %s", async (name, kind) => {
  expect(await readSourceFile(file(name, "# नमस्ते"))).toEqual({
    source: { kind, source: "# नमस्ते" },
    encoding: null,
  });
});

test("a byte order mark is not part of the text", async () => {
  expect(await readSourceFile(file("a.md", "\uFEFF# A"))).toEqual({
    source: { kind: "text", source: "# A" },
    encoding: null,
  });
});

test.each([
  ["slides.pptx", "x", "not text"],
  ["photo.txt", new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0]), "no text in any encoding"],
  ["big.html", "x".repeat(5_000_001), "at most 5.0 MB"],
])("%s is refused with the reason", async (name, content, reason) => {
  const refusal: unknown = await readSourceFile(file(name, content)).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(FileRefused);
  expect((refusal as FileRefused).message).toContain(reason);
});
