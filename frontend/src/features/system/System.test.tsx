import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { json, serveLog } from "@/test/logServer";
import { lesson } from "@/test/logs";
import { renderApp } from "@/test/renderApp";
import { check, facts } from "@/test/systemFacts";

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
