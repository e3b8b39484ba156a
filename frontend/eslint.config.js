import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const inside = (...folders) => folders.flatMap((folder) => [`@/${folder}`, `@/${folder}/**`]);

/** Imports point down only: app > routes > features > components | stream > api > lib; features do not know each other. */
const layer = (files, forbidden) => ({
  files: files.map((folder) => `src/${folder}/**`),
  ignores: ["**/*.test.*"],
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: [{ group: inside(...forbidden), message: "Imports point down only (eslint.config.js)." }] },
    ],
  },
});

export default defineConfig(
  globalIgnores(["node_modules", "src/api/*.gen.ts"]),
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Index signatures come from generated types; the bracket says "may be missing".
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "max-lines": ["error", 400],
    },
  },
  { files: ["src/**/*.tsx"], ...reactHooks.configs.flat.recommended },
  layer(["lib"], ["api", "stream", "components", "features", "routes", "app"]),
  layer(["api"], ["stream", "components", "features", "routes", "app"]),
  layer(["stream"], ["components", "features", "routes", "app"]),
  layer(["components"], ["features", "routes", "app"]),
  layer(["features"], ["routes", "app"]),
  layer(["routes"], ["app"]),
);
