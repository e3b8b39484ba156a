import { expect, test } from "vitest";
import { decodeText } from "./encodings";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const utf16 = (text: string, big: boolean, mark: boolean): Uint8Array => {
  const view = new DataView(new ArrayBuffer(2 * (text.length + Number(mark))));
  Array.from((mark ? "\ufeff" : "") + text).forEach((letter, at) => {
    view.setUint16(2 * at, letter.charCodeAt(0), !big);
  });
  return new Uint8Array(view.buffer);
};

test.each([
  ["UTF-8", new TextEncoder().encode("Größe नदी"), ["de"], "Größe नदी", null],
  ["UTF-8 with its mark", new TextEncoder().encode("\ufeffGröße"), ["de"], "Größe", null],
  ["Notepad's Unicode", utf16("Größe", false, true), ["de"], "Größe", "utf-16le"],
  ["the other order", utf16("Größe", true, true), ["de"], "Größe", "utf-16be"],
  ["without a mark", utf16("# Rivers", false, false), ["en"], "# Rivers", "utf-16le"],
  ["Western", latin1("Gr\xf6\xdfe"), ["de"], "Größe", "windows-1252"],
  ["Arabic", bytes(0xe3, 0xd1, 0xcd, 0xc8, 0xc7), ["ar"], "مرحبا", "windows-1256"],
  ["Chinese", bytes(0xc4, 0xe3, 0xba, 0xc3), ["zh-CN", "en"], "你好", "gb18030"],
  ["Chinese of Taiwan", bytes(0xa7, 0x41, 0xa6, 0x6e), ["zh-TW"], "你好", "big5"],
  [
    "a page that says so",
    latin1('<meta charset="windows-1251"><h1>\xcc\xe8\xf0</h1>'),
    ["en"],
    '<meta charset="windows-1251"><h1>Мир</h1>',
    "windows-1251",
  ],
])("a file in %s is read", (_, file, languages, text, encoding) => {
  expect(decodeText(file, languages)).toEqual({ text, encoding });
});

test("a picture by the name of a text is none, in any encoding", () => {
  expect(decodeText(bytes(0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46), ["en", "zh"])).toBeNull();
  expect(decodeText(new TextEncoder().encode("a\0b"), ["en"])).toBeNull();
});
