import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { json, serveLog } from "@/test/logServer";
import { lesson, OPERATION_ID, runOf } from "@/test/logs";
import { renderApp } from "@/test/renderApp";
import { matching } from "./commands";

const path = `/runs/${OPERATION_ID}`;

const served = () =>
  serveLog(lesson, {
    trouble: ({ url }, response) => {
      const query = /^\/runs\?(.*)$/.exec(url)?.[1];
      if (query === undefined) return false;
      const found = new URLSearchParams(query).get("q") === "lesson" ? [runOf(lesson)] : [];
      return json(response, { runs: found, next_cursor: null });
    },
  });

test("Ctrl+K, a few letters and Enter lead to a part of the run that is shown", async () => {
  await served();
  const user = renderApp(path);
  await screen.findByRole("heading", { name: "A lesson" });
  await user.keyboard("{Control>}k{/Control}");
  const field = await screen.findByRole("combobox", { name: "Search commands and runs" });
  await user.type(field, "time");
  await waitFor(() => {
    const list = screen.getByRole("listbox", { name: "Commands and runs" });
    expect(
      within(list)
        .getAllByRole("option")
        .map(({ textContent }) => textContent),
    ).toEqual(["TimelineThis run"]);
  });
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("tab", { name: /Timeline/, selected: true })).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a run is found by its title, and arrows choose", async () => {
  await served();
  const user = renderApp("/runs");
  await user.click(await screen.findByRole("button", { name: "Go to …" }));
  await user.type(await screen.findByRole("combobox", { name: "Search commands and runs" }), "lesson");
  const option = await screen.findByRole("option", { name: /A lesson/ });
  await user.keyboard("{ArrowDown}{ArrowUp}");
  expect(option.getAttribute("aria-selected")).toBe("true");
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("heading", { name: "A lesson" })).toBeDefined();
});

test("a question mark lists the keys, but not while somebody writes", async () => {
  await served();
  const user = renderApp("/runs");
  await user.type(await screen.findByRole("searchbox", { name: "Search runs" }), "why?");
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.click(await screen.findByRole("heading", { name: "Runs" }));
  await user.keyboard("?");
  const sheet = await screen.findByRole("dialog", { name: "Keys" });
  expect(within(sheet).getByText(/Go to a page/)).toBeDefined();
});

test("words match by their beginnings, in any order", () => {
  const labels = (typed: string, at = "/runs") => matching(typed, at, []).map(({ label }) => label);
  expect(labels("that wait")).toEqual(["Runs that wait"]);
  expect(labels("wait runs")).toEqual(["Runs that wait"]);
  expect(labels("ait")).toEqual([]);
  expect(labels("", path)[0]).toBe("Slides");
  expect(labels("")).not.toContain("Slides");
});
