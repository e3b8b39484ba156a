import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { messages } from "./messages.mjs";

const server = process.env["PRESSRUN_DEV_SERVER"] ?? "http://127.0.0.1:8000";

/** The server answers to its own Host and takes unsafe requests from its own Origin; to it, the dev server is a stranger. */
const api = { target: server, changeOrigin: true, headers: { origin: server } };

/** `/runs` and `/runs/{id}` are screens to a browser that navigates, and JSON to everything else. */
const apiUnlessNavigation = {
  ...api,
  bypass: (request: IncomingMessage): string | undefined =>
    request.headers.accept?.includes("text/html") === true ? "/index.html" : undefined,
};

/** Below this a compressed file saves no packet. */
const WORTH_BYTES = 1000;

/** Beside each text file its compressed twins, which the server sends to whoever reads them (backend/pressrun/api/assets.py). */
const compressed = (): Plugin => ({
  name: "compressed",
  apply: "build",
  // of the files as they were written: other plugins change them up to the last moment
  writeBundle({ dir }) {
    const folder = join(dir ?? "", "assets");
    for (const name of readdirSync(folder).filter((each) => /\.(js|css|svg)$/.test(each))) {
      const file = join(folder, name);
      const source = readFileSync(file);
      if (source.length < WORTH_BYTES) continue;
      writeFileSync(`${file}.gz`, gzipSync(source, { level: 9 }));
      writeFileSync(`${file}.br`, brotliCompressSync(source));
    }
  },
});

/** The module of each screen (src/app/Screens.tsx), by the addresses that it has; `*`: anything. */
const SCREENS: Readonly<Record<string, string>> = {
  "/": "ComposeRoute",
  "/runs": "RunsRoute",
  "/runs/*": "RunRoute",
  "/system": "SystemRoute",
};

/** What a screen asks for first, as it asks for it (src/features/library/Library.tsx): its answer comes beside the code. */
const FIRST_REQUESTS: Readonly<Record<string, string>> = {
  "/runs": "/runs?limit=25&counts=1",
};

/**
 * The page names the code of each screen, so that it comes beside the page's own and not behind it. The server leaves in
 * what belongs to the address (backend/pressrun/api/pages.py).
 */
const preloadedScreens = (): Plugin => ({
  name: "preloaded-screens",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (_, { bundle = {} }) => {
      const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
      const entry = chunks.find(({ isEntry }) => isEntry);
      const known = new Set([entry?.fileName, ...(entry?.imports ?? [])]);
      const link = (rel: string, href: string, screen: string, attrs = {}) => ({
        tag: "link",
        attrs: { rel, crossorigin: true, href, "data-screen": screen, ...attrs },
        injectTo: "head" as const,
      });
      const code = Object.entries(SCREENS).flatMap(([address, name]) => {
        const chunk = chunks.find((each) => each.name === name);
        if (chunk === undefined) throw new Error(`${name} is in no chunk of its own`);
        // what it imports comes with it, and not after it has come
        const files = [chunk.fileName, ...chunk.imports.filter((each) => !known.has(each))];
        return files.map((file) => link("modulepreload", `/${file}`, address));
      });
      const requests = Object.entries(FIRST_REQUESTS).map(([address, href]) =>
        link("preload", href, address, { as: "fetch" }),
      );
      return [...code, ...requests];
    },
  },
});

export default defineConfig({
  plugins: [messages(), react(), compressed(), preloadedScreens()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: fileURLToPath(new URL("../backend/pressrun/web", import.meta.url)),
    emptyOutDir: true,
    // The app's policy allows no `data:` script or style, and small pictures are few: keep everything a file.
    assetsInlineLimit: 0,
    // All of it is 9 kB (gzip), and a browser asks for six files at once: many small ones wait for each other.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        // What several screens have in common is one file, but for what the first of them does not want: dialogs and the
        // buttons of the lists are a second one, what the parts of a run's screen share and the ways to follow a run come
        // with that.
        codeSplitting: {
          groups: [
            {
              name: "lists",
              test: /\/src\/(components\/((Delete|Hold|Pin|Cancel|PauseLane)Button|Dialog)\.|features\/(library\/DiskUse|lanes))/,
              minShareCount: 2,
              priority: 1,
              includeDependenciesRecursively: false,
            },
            {
              name: "shared",
              test: /\/src\/(?!features\/run\/|stream\/(?!feedsPlace|startRun)|components\/(coverageWords|Progress|Tabs|VirtualLines)\.)/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  worker: { format: "es", plugins: () => [messages()] },
  server: {
    host: "127.0.0.1",
    fs: { allow: [fileURLToPath(new URL("..", import.meta.url))] }, // the example: examples/first.md
    proxy: {
      "^/runs/[^/]+/(files|archive\\.zip|log|events|spec|pin|cancel|retry|rerender|pause|resume|webhook)":
        api,
      "/runs": apiUnlessNavigation,
      "/system": apiUnlessNavigation,
      "/generate-sse": api,
      "/preview": api,
      "/cancel": api,
      "/lanes": api,
      "/themes": api,
      "/admission": api,
      "/retention": api,
      "/readyz": api,
      "/livez": api,
      "/docs": api,
    },
  },
  test: {
    environment: "happy-dom",
    // Tests of screens talk to a real server on loopback (src/test/logServer.ts), which has another port than the page.
    environmentOptions: { happyDOM: { settings: { fetch: { disableSameOriginPolicy: true } } } },
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    // One page for the files of a worker: making one for each took more than half of the time. setup.ts clears it.
    isolate: false,
    testTimeout: 30_000, // for hangs only, as the limits of what a test waits for
  },
});
