// Libraries that run in a sealed page while a document is prepared, each as a file with one function in it that loads it
// into the page, as all of in_page/ are (backend/pressrun/browser/chromium/sealed_page.py). Nothing of them is in a
// finished document, and no server sends them to anybody.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, "..", "backend", "pressrun", "browser", "chromium", "in_page", "built");
const mermaid = dirname(createRequire(import.meta.url).resolve("mermaid/package.json"));
const { version, license } = JSON.parse(await readFile(join(mermaid, "package.json"), "utf8"));
const script = await readFile(join(mermaid, "dist", "mermaid.min.js"), "utf8");
// Its last line takes the library from the global scope, which a function's own variables are not in.
const inScope = script.replace("globalThis.__esbuild_esm_mermaid_nm", "__esbuild_esm_mermaid_nm");
if (inScope === script) throw new Error(`mermaid ${version} is bundled otherwise: look at its last line`);
await mkdir(folder, { recursive: true });
await writeFile(
  join(folder, "mermaid.js"),
  `// mermaid ${version}, ${license}: https://github.com/mermaid-js/mermaid\n() => {\n${inScope}\n}\n`,
);
