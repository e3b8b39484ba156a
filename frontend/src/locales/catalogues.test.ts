// @vitest-environment node
/** Every text of the page is in every catalogue, whole (docs/how-to-change.md, "A language"). */
import { readdirSync, readFileSync } from "node:fs";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { LANGUAGES } from "@/lib/language";
import { keyOf, languages, messagesOfSources, readCatalogue } from "../../messages.mjs";

let keys: string[] = [];
beforeAll(async () => {
  keys = (await messagesOfSources()).map(keyOf);
}, 60_000); // a hundred files go through Babel

/** Names of values and tags, and of each plural its categories. */
function partsOf(text: string): { names: string[]; plurals: string[][] } {
  const names = new Set<string>();
  const plurals: string[][] = [];
  const walk = (tokens: unknown): void => {
    if (typeof tokens === "string") for (const [tag] of tokens.matchAll(/<\/?\d+\/?>/g)) names.add(tag);
    if (!Array.isArray(tokens)) return;
    for (const token of tokens as unknown[]) {
      if (!Array.isArray(token)) {
        walk(token);
        continue;
      }
      const [name, kind, cases] = token as [string, string?, Record<string, unknown>?];
      names.add(name);
      if (kind === "plural" && cases !== undefined) {
        plurals.push(Object.keys(cases).filter((each) => each !== "offset"));
        Object.values(cases).forEach(walk);
      }
    }
  };
  walk(compileMessage(text));
  return { names: [...names].sort(), plurals };
}

test("the list of messages is that of the sources: `npm run messages` has been run", () => {
  expect(readCatalogue("en")).toEqual(keys);
});

test("each language of the page has a catalogue", () => {
  expect([...languages(), "en"].sort()).toEqual(Object.keys(LANGUAGES).sort());
});

test.each(languages())(
  "%s says every message, with the same values and the plurals of its own",
  (language) => {
    const catalogue = readCatalogue(language);
    expect(Object.keys(catalogue)).toEqual(keys);
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted();
    const wrong = Object.entries(catalogue).filter(([key, text]) => {
      if (text.trim() === "") return true;
      const [source, own] = [partsOf(key), partsOf(text)];
      return (
        source.names.join() !== own.names.join() ||
        source.plurals.length !== own.plurals.length ||
        own.plurals.some((each) => each.toSorted().join() !== categories.join())
      );
    });
    expect(wrong).toEqual([]);
  },
);

test.each(languages())("%s is not English: hardly a message is the same", (language) => {
  const same = Object.entries(readCatalogue(language)).filter(
    ([key, text]) => key === text && /[a-z]{3} [a-z]{3}/.test(key),
  );
  expect(same).toEqual([]);
});

/** What a person reads or hears of an element. */
const SAID = new Set(["alt", "aria-label", "hint", "label", "legend", "placeholder", "title"]);
/** Names that are the same in every language, and keys of a keyboard. */
const SAME = new Set([
  "Pressrun",
  "Python",
  "Chromium",
  "PNG",
  "PowerPoint",
  "API",
  "WebM",
  "Enter",
  "pressrun_…",
]);

/** English that stands in a component and is no message. */
function bareTexts(name: string, code: string): string[] {
  const file = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const isMessage = (tag: ts.JsxTagNamePropertyAccess | ts.Node): boolean => tag.getText() === "Trans";
  const look = (text: string): void => {
    const words = text.trim();
    if (/\p{L}{2}/u.test(words) && !SAME.has(words)) found.push(words);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxElement(node) && isMessage(node.openingElement.tagName)) return;
    if (ts.isTaggedTemplateExpression(node)) return;
    if (ts.isJsxText(node)) look(node.text);
    const isSaid = ts.isJsxAttribute(node) && SAID.has(node.name.getText());
    if (isSaid && node.initializer !== undefined && ts.isStringLiteral(node.initializer))
      look(node.initializer.text);
    if (ts.isCallExpression(node) && /^(msg|plural|t)$/.test(node.expression.getText())) return;
    const { parent } = node;
    const isKey = ts.isPropertyAssignment(parent) && parent.name === node;
    const isValue = ts.isPropertyAssignment(parent) && parent.initializer === node;
    if (
      isValue &&
      SAID.has(parent.name.getText()) &&
      ts.isStringLiteralLike(node) &&
      /^\p{Lu}/u.test(node.text)
    )
      look(node.text);
    const isSentence = ts.isStringLiteralLike(node) && /^\p{Lu}\p{Ll}+( \S+)+/u.test(node.text);
    const isForPrograms = ts.isNewExpression(parent) || parent.getText().startsWith("super(");
    if (isSentence && !isKey && !isForPrograms && !ts.isJsxAttribute(parent)) look(node.text);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found;
}

const SOURCES = new URL("..", import.meta.url);
const FILES = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter(
  (name) => /^(app|components|features|lib|routes)\/.*\.tsx?$/.test(name) && !name.includes(".test."),
);

test("a bare text is found", () => {
  const code = 'const A = () => <p title="Right here">Hello <b>{busy ? "Wait a moment" : t`Go`}</b></p>;';
  expect(bareTexts("a.tsx", code)).toEqual(["Right here", "Hello", "Wait a moment"]);
  expect(bareTexts("a.ts", 'const a = [{ label: "On" }, { label: t`Off` }];')).toEqual(["On"]);
});

test("no component has an English text that is no message", () => {
  const bare = FILES.map((name) => [name, bareTexts(name, readFileSync(new URL(name, SOURCES), "utf8"))]);
  expect(Object.fromEntries(bare.filter(([, texts]) => texts?.length !== 0))).toEqual({});
});
