import type { IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env["PRESSRUN_DEV_SERVER"] ?? "http://127.0.0.1:8000";

/** The server answers to its own Host and takes unsafe requests from its own Origin; to it, the dev server is a stranger. */
const api = { target: server, changeOrigin: true, headers: { origin: server } };

/** `/runs` and `/runs/{id}` are screens to a browser that navigates, and JSON to everything else. */
const apiUnlessNavigation = {
  ...api,
  bypass: (request: IncomingMessage): string | undefined =>
    request.headers.accept?.includes("text/html") === true ? "/index.html" : undefined,
};

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: fileURLToPath(new URL("../backend/pressrun/web", import.meta.url)),
    emptyOutDir: true,
    // The app's policy allows no `data:` script or style, and small pictures are few: keep everything a file.
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    proxy: {
      "^/runs/[^/]+/(files|archive\\.zip|log|events|spec|pin|cancel|retry|rerender|pause|resume)": api,
      "/runs": apiUnlessNavigation,
      "/generate-sse": api,
      "/cancel": api,
      "/lanes": api,
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
