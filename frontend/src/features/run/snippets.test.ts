// @vitest-environment node
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULTS } from "@/api/tables.gen";
import type { StoredSpec } from "@/api/storedSpec";
import { isInline, pythonLiteral, requestOf, shellWord, snippet } from "./snippets";

const spec = {
  ...DEFAULTS,
  text: "# It's rain",
  zoom: 3,
  outputs: ["images", "pdf"],
  html: null,
} as StoredSpec;
const where = { origin: "http://host:8000", token: false };

test("a request says what is not as it is by default, and nothing else", () => {
  expect(requestOf(spec, "default")).toEqual({
    path: "/generate-sse",
    body: { text: "# It's rain", zoom: 3, outputs: ["images", "pdf"] },
  });
  expect(requestOf(spec, "nights").body).toHaveProperty("lane", "nights");
  const again = requestOf({ ...spec, rerender_of: "01a" }, "default");
  expect(again).toEqual({ path: "/runs/01a/rerender", body: { zoom: 3, outputs: ["images", "pdf"] } });
});

/** No NUL: no command can be given one. */
const anyText = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));

test("a shell reads each word as it was, whatever is in it", () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 20, maxLength: 60 }), (texts) => {
      const command = `printf '%s\\0' ${texts.map(shellWord).join(" ")}`;
      expect(execFileSync("sh", ["-c", command]).toString()).toBe(texts.map((text) => `${text}\0`).join(""));
    }),
    { numRuns: 5 },
  );
});

test("Python reads each value as it was", () => {
  const values = fc.array(fc.jsonValue({ noUnicodeString: false, maxDepth: 3 }), {
    minLength: 20,
    maxLength: 40,
  });
  fc.assert(
    fc.property(values, (some) => {
      const value = JSON.parse(JSON.stringify(some)) as unknown;
      const program = `import json\nprint(json.dumps(${pythonLiteral(value)}))`;
      const told = execFileSync("python3", ["-"], { input: program }).toString();
      expect(JSON.parse(told)).toEqual(value);
    }),
    { numRuns: 3 },
  );
});

test("curl sends the body that was sent, and names the token without telling it", () => {
  const request = requestOf(spec, "default");
  const command = snippet("curl", request, { ...where, token: true });
  expect(command).toContain('"Authorization: Bearer $PRESSRUN_TOKEN"');
  const told = execFileSync("sh", ["-c", `curl() { printf '%s\\0' "$@"; }; PRESSRUN_TOKEN=t; ${command}`]);
  const words = told.toString().split("\0");
  expect(words[1]).toBe("http://host:8000/generate-sse");
  expect(JSON.parse(words[words.indexOf("--data-raw") + 1] ?? "")).toEqual(request.body);
});

test("JavaScript and Python are programs, and a long body is a file beside them", () => {
  const short = requestOf(spec, "default");
  const long = requestOf({ ...spec, text: "rain ".repeat(1000) }, "default");
  expect([isInline(short), isInline(long)]).toEqual([true, false]);
  for (const request of [short, long, requestOf({ ...spec, rerender_of: "01a" }, "default")]) {
    for (const token of [true, false]) {
      const python = snippet("python", request, { ...where, token });
      execFileSync("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], { input: python });
      const javascript = snippet("javascript", request, { ...where, token });
      execFileSync(process.execPath, ["--input-type=module", "--check", "-"], { input: javascript });
    }
  }
  expect(snippet("curl", long, where)).toContain("@request.json");
  expect(snippet("python", long, where)).toContain('open("request.json"');
});

test("the command line has an option for each field, and a file for the source", () => {
  const request = requestOf({ ...spec, use_cache: false, title: "It's" }, "default");
  expect(snippet("cli", request, where)).toBe(
    [
      "pressrun generate source.md",
      "--server http://host:8000",
      "--zoom 3",
      "--outputs images,pdf",
      "--no-use-cache",
      "--title 'It'\\''s'",
    ].join(" \\\n  "),
  );
});
