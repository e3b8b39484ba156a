import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { System } from "@/api/types";
import { json, serveLog } from "@/test/logServer";
import { lesson } from "@/test/logs";
import { renderApp } from "@/test/renderApp";

const check = (name: string, ok: boolean | null): System["checks"][number] => ({
  name,
  ok,
  detail: ok === true ? "works" : "off, because root cannot use it",
  remedy: ok === true ? "" : "Run it as a normal user.",
});

const facts = (checks: System["checks"]): System => ({
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

test.each([
  ["All is well", [true, true]],
  ["It works; 1 thing to know", [true, null]],
  ["1 thing to mend", [true, null, false]],
] as const)("%s is said of what it is true of", async (heading, oks) => {
  const checks = oks.map((ok, at) => check(`check ${at}`, ok));
  await serveLog(lesson, {
    trouble: ({ url }, response) => url === "/system" && json(response, facts(checks)),
  });
  renderApp("/system");
  expect(await screen.findByRole("heading", { name: heading })).toBeDefined();
  expect(screen.queryAllByText(/^Off, because root cannot use it\./)).toHaveLength(
    oks.filter((ok) => ok !== true).length,
  );
  expect(screen.getByText("3 complete, 1 failed")).toBeDefined();
});
