import { expect, test } from "vitest";
import { FileRefused, readSourceFile } from "./files";

const file = (name: string, content: BlobPart): File => new File([content], name);

test.each([
  ["lesson.md", "text"],
  ["LESSON.TXT", "text"],
  ["page.htm", "html"],
])("%s is taken as %s", async (name, kind) => {
  expect(await readSourceFile(file(name, "# नमस्ते"))).toEqual({ kind, source: "# नमस्ते" });
});

test("a byte order mark is not part of the text", async () => {
  expect(await readSourceFile(file("a.md", "\uFEFF# A"))).toEqual({ kind: "text", source: "# A" });
});

test.each([
  ["slides.pptx", "x", "not text"],
  ["old.txt", new Uint8Array([0x68, 0xe9, 0x6c]), "not UTF-8"],
  ["big.html", "x".repeat(5_000_001), "at most 5.0 MB"],
])("%s is refused with the reason", async (name, content, reason) => {
  const refusal: unknown = await readSourceFile(file(name, content)).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(FileRefused);
  expect((refusal as FileRefused).message).toContain(reason);
});
