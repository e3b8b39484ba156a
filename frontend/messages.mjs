/**
 * The texts of the UI: found in the sources, and put into the build.
 *
 * English stands in the sources, in the macros of lingui (`t`, `msg`, `plural`, `<Trans>`), and goes out with the code that
 * shows it; each other language is a file of `src/locales/` and a chunk of its own. A message that a language lacks is shown
 * in English. `node messages.mjs` brings the catalogues up to date (docs/how-to-change.md, "A language").
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { fileURLToPath, URL } from "node:url";
import { transformAsync, types } from "@babel/core";
import macro from "@lingui/babel-plugin-lingui-macro";
import { makeConfig } from "@lingui/conf";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import { generateMessageId } from "@lingui/message-utils/generateMessageId";

const SOURCES = fileURLToPath(new URL("./src", import.meta.url));
const LOCALES = join(SOURCES, "locales");
const linguiConfig = makeConfig({ locales: ["en"], sourceLocale: "en" }, { skipValidation: true });
const VIRTUAL = "virtual:catalogue/";

/** What a message is called in a catalogue: its English text, with its context in front where that makes two of one text. */
export const keyOf = ({ message, context }) => (context === undefined ? message : `[${context}] ${message}`);

const idOf = (key) => {
  const [, context, message] = /^\[([^\]]+)\] (.*)$/s.exec(key) ?? [];
  return message === undefined ? generateMessageId(key) : generateMessageId(message, context);
};

/** Always a list: a bare string would be taken for one that is not compiled. */
const compiled = (message) => [compileMessage(message)].flat();

export const readCatalogue = (language) =>
  JSON.parse(readFileSync(join(LOCALES, `${language}.json`), "utf8"));

/** Every language but English. */
export const languages = () =>
  readdirSync(LOCALES)
    .filter((name) => name.endsWith(".json") && name !== "en.json")
    .map((name) => name.replace(".json", ""));

/** In a build a message goes by its place in the list: the id that lingui makes of it is a hash, which does not compress. */
const numbers = () => new Map(readCatalogue("en").map((key, place) => [idOf(key), place]));

/** A plugin for Babel: the descriptors that the macros leave become what is sent to browsers. */
const descriptors = ({ numbered, tell }) => ({
  visitor: {
    Program: {
      exit: (program) => {
        program.traverse({
          ObjectExpression: ({ node, parent }) => {
            if (node.leadingComments?.some(({ value }) => value === "i18n") !== true) return;
            const said = Object.fromEntries(
              node.properties
                .filter(({ value }) => types.isStringLiteral(value))
                .map(({ key, value }) => [key.name, value.value]),
            );
            tell?.({ message: said.message, context: said.context });
            const number = numbered?.get(said.id) ?? said.id;
            // what is no string is a whole descriptor to the `_` that `<Trans>` calls
            const id = types.isJSXSpreadAttribute(parent) ? String(number) : number;
            node.leadingComments = [];
            node.properties = node.properties.filter(({ key }) => !["context", "comment"].includes(key.name));
            for (const property of node.properties) {
              if (property.key.name === "id") property.value = types.valueToNode(id);
              if (property.key.name === "message") property.value = types.valueToNode(compiled(said.message));
            }
          },
        });
      },
    },
  },
});

async function transformed(code, filename, options) {
  if (!/@lingui\/\w+\/macro/.test(code)) return null;
  return transformAsync(code, {
    filename,
    babelrc: false,
    configFile: false,
    sourceMaps: true,
    retainLines: true,
    parserOpts: { plugins: filename.endsWith("x") ? ["typescript", "jsx"] : ["typescript"] },
    plugins: [[macro, { extract: true, linguiConfig }], [() => descriptors(options)]],
  });
}

const sourceFiles = () =>
  readdirSync(SOURCES, { recursive: true })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|^test\/|schema\.gen/.test(name))
    .sort();

/** Every message of the sources, in their order: `{ message, context, file }`. */
export async function messagesOfSources() {
  const found = new Map();
  for (const file of sourceFiles()) {
    const code = readFileSync(join(SOURCES, file), "utf8");
    const tell = (message) => {
      const key = keyOf(message);
      if (!found.has(key)) found.set(key, { ...message, file });
    };
    await transformed(code, join(SOURCES, file), { tell });
  }
  return [...found.values()];
}

/** The plugin for Vite. */
export function messages() {
  let numbered;
  return {
    name: "messages",
    enforce: "pre",
    configResolved: ({ command }) => {
      if (command === "build") numbered = numbers();
    },
    resolveId: (name) => (name.startsWith(VIRTUAL) ? `\0${name}` : null),
    load(id) {
      if (!id.startsWith(`\0${VIRTUAL}`)) return null;
      const language = id.slice(VIRTUAL.length + 1);
      this.addWatchFile(join(LOCALES, `${language}.json`));
      const catalogue = Object.entries(readCatalogue(language)).filter(([, text]) => text !== "");
      const texts = catalogue.map(([key, text]) => [idOf(key), compiled(text)]);
      const byId = Object.fromEntries(texts);
      const all = numbered === undefined ? byId : [...numbered.keys()].map((key) => byId[key] ?? 0);
      return `export const messages = ${JSON.stringify(all)};`;
    },
    transform: {
      filter: { id: /\/src\/[^?]*\.tsx?$/ },
      handler: async (code, id) => {
        const result = await transformed(code, id, { numbered });
        return result === null ? null : { code: result.code, map: result.map };
      },
    },
  };
}

/** New messages come in, to be translated; those that are in no source any more go. */
async function update() {
  const keys = (await messagesOfSources()).map(keyOf);
  const write = (language, value) => {
    writeFileSync(join(LOCALES, `${language}.json`), `${JSON.stringify(value, null, 2)}\n`);
  };
  write("en", keys);
  for (const language of languages()) {
    const before = readCatalogue(language);
    write(language, Object.fromEntries(keys.map((key) => [key, before[key] ?? ""])));
    const missing = keys.filter((key) => (before[key] ?? "") === "").length;
    stdout.write(`${language}: ${keys.length} messages, ${missing} to translate\n`);
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await update();
