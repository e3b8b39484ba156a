/** What a server says of itself. */
import type { System } from "@/api/types";

export const check = (name: string, ok: boolean | null): System["checks"][number] => ({
  name,
  ok,
  detail: ok === true ? "works" : "off, because root cannot use it",
  remedy: ok === true ? "" : "Run it as a normal user.",
});

export const facts = (checks: System["checks"]): System => ({
  version: "1",
  python: "3.11",
  process_id: 1,
  checks,
  pool: {
    browsers: [],
    captures: 0,
    capture_mean_s: null,
    failures: {},
    version: null,
    waiting: 0,
  },
  ai_model: null,
  webhooks: {},
  runs: { complete: 3, error: 1 },
  settings: [],
});
