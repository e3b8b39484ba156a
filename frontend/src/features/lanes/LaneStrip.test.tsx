import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { json, serveLog } from "@/test/logServer";
import { lesson } from "@/test/logs";
import { renderApp } from "@/test/renderApp";
import { facts } from "@/test/systemFacts";

/** A server with one lane that can be paused, or that says no to that. */
async function serveLane(may: boolean, others: readonly string[] = []) {
  const lane = { lane: "default", slots: 1, running: 0, waiting: 2, paused: false, paused_at: "" };
  const lanes = [lane, ...others.map((name) => ({ ...lane, lane: name }))];
  return serveLog(lesson, {
    trouble: ({ url, method }, response) => {
      if (url === "/system") return json(response, facts([]));
      if (!url.startsWith("/lanes")) return false;
      if (method === "POST" && !may) {
        return json(response, { type: "x", title: "Forbidden", status: 403, detail: "Needs admin." }, 403);
      }
      if (method === "POST") Object.assign(lane, { paused: url.endsWith("/pause"), paused_at: "2026-11-21" });
      return json(response, method === "POST" ? lane : { lanes });
    },
  });
}

test("a lane is paused and resumed, and who waits can be looked up", async () => {
  await serveLane(true);
  const user = renderApp("/system");
  await user.click(await screen.findByRole("button", { name: "Pause lane default" }));
  const resume = await screen.findByRole("button", { name: "Resume lane default" });
  expect(screen.getByText(/nothing begins here/)).toBeDefined();
  expect(screen.getByRole("link", { name: "2 waiting" }).getAttribute("href")).toBe(
    "/runs?lane=default&status=queued",
  );
  await user.click(resume);
  expect(await screen.findByRole("button", { name: "Pause lane default" })).toBeDefined();
});

test("whoever may not pause a lane is told so", async () => {
  await serveLane(false);
  const user = renderApp("/system");
  await user.click(await screen.findByRole("button", { name: "Pause lane default" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Needs admin.");
});

test("the list of runs speaks of lanes where there are several, or one is paused", async () => {
  await serveLane(true, ["night"]);
  renderApp("/runs");
  expect(await screen.findByRole("heading", { name: "Lanes" })).toBeDefined();
});

test("the first screen and the list of runs speak of a lone lane only while it is paused", async () => {
  const { seen } = await serveLane(true);
  const user = renderApp("/runs");
  await screen.findByRole("heading", { name: "Runs" });
  await waitFor(() => {
    expect(seen.some(({ url }) => url === "/lanes")).toBe(true);
  });
  expect(screen.queryByRole("heading", { name: "Lane" })).toBeNull();
  await user.click(screen.getByRole("link", { name: "Server" }));
  await user.click(await screen.findByRole("button", { name: "Pause lane default" }));
  await screen.findByRole("button", { name: "Resume lane default" });
  await user.click(screen.getByRole("link", { name: "Runs" }));
  await screen.findByRole("heading", { name: "Runs" });
  expect(await screen.findByRole("button", { name: "Resume lane default" })).toBeDefined();
  await user.click(screen.getByRole("link", { name: "New" }));
  await user.click(await screen.findByRole("button", { name: "Resume lane default" }));
  await expect.poll(() => screen.queryByRole("heading", { name: "Lane" })).toBeNull();
});
