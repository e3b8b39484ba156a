/** The request of a run as commands and programs that make the same again. Pure. */
import { DEFAULTS } from "@/api/tables.gen";
import { OF_THE_DOCUMENT, type StoredSpec } from "@/api/storedSpec";
import type { RunSpec } from "@/api/types";
import { msg } from "@lingui/core/macro";
import { type Words } from "@/lib/language";

export const LANGUAGES = ["curl", "python", "javascript", "cli"] as const;
export type Language = (typeof LANGUAGES)[number];
export const languageNames: Readonly<Record<Language, Words>> = {
  curl: "curl",
  python: "Python",
  javascript: "JavaScript",
  cli: msg`Command line`,
};

const ofTheDocument: ReadonlySet<string> = new Set(OF_THE_DOCUMENT);

export interface SentRequest {
  path: string;
  /** The fields that are not as they are by default. */
  body: Record<string, unknown>;
}

const defaults = DEFAULTS as Readonly<Record<string, unknown>>;
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

export const isDefault = (field: string, value: unknown): boolean => same(value, defaults[field] ?? null);

/** What a client would send for this run: without what the server fills in by itself. */
export function requestOf(spec: StoredSpec, lane: string): SentRequest {
  const { rerender_of: origin = null, ...fields } = spec;
  const body = Object.fromEntries(
    Object.entries({ ...fields, lane }).filter(
      ([field, value]) => !isDefault(field, value) && !(origin !== null && ofTheDocument.has(field)),
    ),
  );
  return { path: origin === null ? "/generate-sse" : `/runs/${origin}/rerender`, body };
}

/** A body that is longer is a file beside the command: shells and people have their limits. */
const INLINE_CHARACTERS = 2000;
export const REQUEST_FILE = "request.json";

export const isInline = ({ body }: SentRequest): boolean => JSON.stringify(body).length <= INLINE_CHARACTERS;

/** One word for a POSIX shell, whatever is in it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A literal of Python. A string of JSON is one, also with its surrogate pairs escaped. */
export function pythonLiteral(value: unknown, indent = ""): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map((each) => pythonLiteral(each, indent)).join(", ")}]`;
  if (typeof value === "object") {
    const deeper = `${indent}    `;
    const lines = Object.entries(value).map(
      ([name, each]) => `${deeper}${JSON.stringify(name)}: ${pythonLiteral(each, deeper)},\n`,
    );
    return lines.length === 0 ? "{}" : `{\n${lines.join("")}${indent}}`;
  }
  return JSON.stringify(value);
}

export interface Where {
  /** Of the server, without a slash at its end. */
  origin: string;
  /** It asks for a token. */
  token: boolean;
}

export function snippet(language: Language, request: SentRequest, where: Where): string {
  return { curl, python, javascript, cli }[language](request, where);
}

function curl(request: SentRequest, { origin, token }: Where): string {
  const data = isInline(request)
    ? `--data-raw ${shellWord(JSON.stringify(request.body))}`
    : `--data-binary @${REQUEST_FILE}`;
  return [
    `curl -N ${shellWord(origin + request.path)}`,
    ...(token ? ['-H "Authorization: Bearer $PRESSRUN_TOKEN"'] : []),
    "-H 'Content-Type: application/json'",
    data,
  ].join(" \\\n  ");
}

function python(request: SentRequest, { origin, token }: Where): string {
  const inline = isInline(request);
  const rerender = /^\/runs\/(.+)\/rerender$/.exec(request.path)?.[1];
  const call =
    rerender === undefined
      ? "client.generate(request)"
      : `client.rerender(${JSON.stringify(rerender)}, request)`;
  return [
    ...(inline ? [] : ["import json"]),
    ...(token ? ["import os"] : []),
    ...(inline && !token ? [] : [""]),
    "from pressrun.client import Client",
    "",
    inline
      ? `request = ${pythonLiteral(request.body)}`
      : `with open(${JSON.stringify(REQUEST_FILE)}, encoding="utf-8") as file:\n    request = json.load(file)`,
    `with Client(${JSON.stringify(origin)}${token ? ', token=os.environ["PRESSRUN_TOKEN"]' : ""}) as client:`,
    `    for event in ${call}:`,
    '        print(event.type, event.data.get("message", ""))',
    "",
  ].join("\n");
}

function javascript(request: SentRequest, { origin, token }: Where): string {
  const inline = isInline(request);
  const authorization = token ? "\n    Authorization: `Bearer ${process.env.PRESSRUN_TOKEN}`," : "";
  return `${inline ? "" : 'import { readFile } from "node:fs/promises";\n\n'}// node --input-type=module
const answer = await fetch(${JSON.stringify(origin + request.path)}, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",${authorization}
  },
  body: ${inline ? `JSON.stringify(${JSON.stringify(request.body, null, 2).replaceAll("\n", "\n  ")})` : `await readFile(${JSON.stringify(REQUEST_FILE)}, "utf8")`},
});
if (!answer.ok) throw new Error((await answer.json()).detail);
let text = "";
for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
  text += chunk;
  const frames = text.split("\\n\\n");
  text = frames.pop();
  for (const frame of frames) {
    const data = frame.split("\\n").find((line) => line.startsWith("data: "));
    if (data) console.log(JSON.parse(data.slice(6)));
  }
}
`;
}

/** Of the source itself, which is a file: what it is called here, and what stands in it. */
export function sourceFile({ text, html }: RunSpec): { name: string; content: string } | null {
  if (html != null) return { name: "source.html", content: html };
  if (text != null) return { name: "source.md", content: text };
  return null;
}

/** The command sends what lies beside the source by itself. */
const SENT_AS_FILES: ReadonlySet<string> = new Set(["text", "html", "attachments"]);

function cli({ path, body }: SentRequest, { origin }: Where): string {
  const rerender = /^\/runs\/(.+)\/rerender$/.exec(path)?.[1];
  const source = sourceFile(body)?.name ?? "source.md";
  const options = Object.entries(body)
    .filter(([field]) => !SENT_AS_FILES.has(field))
    .map(([field, value]) => option(field, value));
  const what = rerender === undefined ? `pressrun generate ${source}` : `pressrun runs rerender ${rerender}`;
  return [what, `--server ${shellWord(origin)}`, ...options].join(" \\\n  ");
}

function option(field: string, value: unknown): string {
  const name = field.replaceAll("_", "-");
  if (typeof value === "boolean") return value ? `--${name}` : `--no-${name}`;
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return `--${name}${text.startsWith("-") ? "=" : " "}${shellWord(text)}`;
}
