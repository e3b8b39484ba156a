import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { json, serveLog } from "@/test/logServer";
import { lesson } from "@/test/logs";
import { renderApp } from "@/test/renderApp";

/** A server with one lane that can be paused, or that says no to that. */
async function serveLane(may: boolean) {
  const lane = { lane: "default", slots: 1, running: 0, waiting: 2, paused: false, paused_at: "" };
  return serveLog(lesson, {
    trouble: ({ url, method }, response) => {
      if (!url.startsWith("/lanes")) return false;
      if (method === "POST" && !may) {
        return json(response, { type: "x", title: "Forbidden", status: 403, detail: "Needs admin." }, 403);
      }
      if (method === "POST") Object.assign(lane, { paused: url.endsWith("/pause"), paused_at: "2026-11-21" });
      return json(response, method === "POST" ? lane : { lanes: [lane] });
    },
  });
}

test("a lane is paused and resumed, and who waits can be looked up", async () => {
  await serveLane(true);
  const user = renderApp("/runs");
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
  const user = renderApp("/runs");
  await user.click(await screen.findByRole("button", { name: "Pause lane default" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Needs admin.");
});

test("the first screen speaks of lanes only while one is paused", async () => {
  await serveLane(true);
  const user = renderApp("/runs");
  await user.click(await screen.findByRole("button", { name: "Pause lane default" }));
  await screen.findByRole("button", { name: "Resume lane default" });
  await user.click(screen.getByRole("link", { name: "New" }));
  await user.click(await screen.findByRole("button", { name: "Resume lane default" }));
  await expect.poll(() => screen.queryByRole("heading", { name: "Lane" })).toBeNull();
});
