import { expect, test } from "vitest";
import { joined } from "./joined";
import { looksLikeHtml } from "./looksLikeHtml";

test.each([
  "<!DOCTYPE html><html><body>x</body></html>",
  "\n  <!-- made by a tool -->\n<html lang=de><p>x",
  "<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'></html>",
  "<div class='page'>\n  <h1>Title</h1>\n  <p>Text</p>\n</div>\n",
  "<table><tr><td>1</td></tr></table>",
])("%j is offered as a page", (source) => {
  expect(looksLikeHtml(source)).toBe(true);
});

test.each([
  "",
  "# A lesson\n\n<div>inside</div>",
  "<div align=center>\n\n# A readme\n\n</div>",
  "<p>An introduction</p>\n\n- first\n- second\n\n<p>the end</p>",
  "a < b and b > c",
  "<https://example.org>",
  "`<html>` is the root",
  "<div>unfinished",
  "<b>bold</b>",
])("%j is left as text", (source) => {
  expect(looksLikeHtml(source)).toBe(false);
});

test("a long text that is none is told in no time", () => {
  expect(looksLikeHtml(`<div>${"<!-- a ".repeat(50_000)}`)).toBe(false);
  expect(joined(["---\n".repeat(50_000), "a"])).toContain("a");
});

test("texts become one deck in their order, with the first one's front matter alone", () => {
  const first = "---\ntitle: All\n---\n\n# One\n";
  const second = "---\r\ntitle: Two\r\ntags:\r\n  - a\r\n---\r\n\r\n# Two";
  expect(joined([first, second, "  \n", "# Three\n\n---\n\nmore"])).toBe(
    "---\ntitle: All\n---\n\n# One\n\n# Two\n\n# Three\n\n---\n\nmore",
  );
  const rule = "---\n\nA rule begins this, and no front matter.\n\n---\n";
  expect(joined(["a", rule])).toBe(`a\n\n${rule.trim()}`);
});
