import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { json, type Seen, serveLog, type Trouble } from "@/test/logServer";
import { lesson, OPERATION_ID, runOf } from "@/test/logs";
import { renderApp } from "@/test/renderApp";

const lists = (seen: readonly Seen[]): string[] =>
  seen.filter(({ url }) => url.startsWith("/runs?")).map(({ url }) => url);

/** One finished run, which `?q=nothing` does not find. */
const oneRun =
  (pinned: () => boolean = () => false): Trouble =>
  ({ method, url }, response) => {
    if (method !== "GET" || !url.startsWith("/runs?")) return false;
    const runs = url.includes("q=nothing") ? [] : [runOf(lesson, { pinned: pinned() })];
    return json(response, { runs, next_cursor: null });
  };

test("what is typed is searched for and is asked for once", async () => {
  const { seen } = await serveLog(lesson, { trouble: oneRun() });
  const user = renderApp("/runs");
  await screen.findByText("A lesson");
  await user.type(screen.getByRole("searchbox", { name: "Search runs" }), "nothing");
  expect(await screen.findByText("No run matches: “nothing”.")).toBeDefined();
  expect(lists(seen).filter((url) => url.includes("q="))).toEqual(["/runs?limit=25&q=nothing"]);
});

test("an address with a search in it shows that search, and everything can be shown again", async () => {
  await serveLog(lesson, { trouble: oneRun() });
  const user = renderApp("/runs?q=nothing&status=error&pinned=1&since=never");
  expect(await screen.findByText("No run matches: “nothing”, Failed, pinned.")).toBeDefined();
  expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("nothing");
  expect(screen.getByRole<HTMLSelectElement>("combobox", { name: "Status" }).value).toBe("error");
  await user.click(screen.getByRole("button", { name: "Show all runs" }));
  expect(await screen.findByText("A lesson")).toBeDefined();
  expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("");
});

test("filters are asked of the server", async () => {
  const { seen } = await serveLog(lesson, {
    trouble: (one, response, requests) => {
      if (one.url !== "/lanes") return oneRun()(one, response, requests);
      const lane = { slots: 1, running: 0, waiting: 0, paused: false, paused_at: null };
      return json(response, { lanes: ["default", "night"].map((name) => ({ ...lane, lane: name })) });
    },
  });
  const user = renderApp("/runs");
  await user.selectOptions(await screen.findByRole("combobox", { name: "Lane" }), "night");
  await user.selectOptions(screen.getByRole("combobox", { name: "Status" }), "Cancelled");
  await user.selectOptions(screen.getByRole("combobox", { name: "Made" }), "Last 24 hours");
  await user.click(screen.getByRole("button", { name: "Pinned" }));
  await waitFor(() => {
    const query = new URLSearchParams(lists(seen).at(-1)?.replace("/runs?", ""));
    expect(query.get("lane")).toBe("night");
    expect(query.get("status")).toBe("cancelled");
    expect(query.get("pinned")).toBe("1");
    expect(Date.parse(query.get("since") ?? "")).toBeLessThanOrEqual(Date.now() - 86_000_000);
  });
});

test("a run is pinned, and the mark shows it", async () => {
  let pinned = false;
  await serveLog(lesson, {
    trouble: (one, response, requests) => {
      if (!one.url.endsWith("/pin")) return oneRun(() => pinned)(one, response, requests);
      pinned = one.method === "PUT";
      return json(response, runOf(lesson, { pinned }));
    },
  });
  const user = renderApp("/runs");
  await user.click(await screen.findByRole("button", { name: "Pin A lesson" }));
  expect(await screen.findByRole("button", { name: "Unpin A lesson" })).toBeDefined();
  expect(screen.getByText("Pinned:", { exact: false })).toBeDefined();
});

test("deleting asks first and says what goes; only a yes is sent", async () => {
  let there = true;
  const { seen } = await serveLog(lesson, {
    trouble: (one, response, requests) => {
      if (one.method === "DELETE") {
        there = false;
        response.writeHead(204).end();
        return true;
      }
      if (!one.url.startsWith("/runs?")) return false;
      return there ? oneRun()(one, response, requests) : json(response, { runs: [], next_cursor: null });
    },
  });
  const user = renderApp("/runs");
  const button = await screen.findByRole("button", { name: "Delete A lesson …" });
  await user.click(button);
  const dialog = screen.getByRole("dialog", { name: "Delete “A lesson”?" });
  expect(within(dialog).getByText(/2026-11-21_08-00-00_x/)).toBeDefined();
  expect(within(dialog).getByText(/with 2 slides/)).toBeDefined();
  await user.click(within(dialog).getByRole("button", { name: "Keep it" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.click(button);
  await user.click(screen.getByRole("button", { name: "Delete" }));
  expect(await screen.findByText(/Nothing has been made yet/)).toBeDefined();
  expect(document.activeElement?.textContent).toBe("Runs");
  const sent = seen.filter(({ method }) => method === "DELETE");
  expect(sent.map(({ url, headers }) => [url, headers["x-pressrun"]])).toEqual([
    [`/runs/${OPERATION_ID}`, "1"],
  ]);
});

test("a refused deletion says why and leaves the run", async () => {
  await serveLog(lesson, {
    trouble: (one, response, requests) =>
      one.method === "DELETE"
        ? json(response, { type: "x", title: "Conflict", status: 409, detail: "Cancel it first." }, 409)
        : oneRun()(one, response, requests),
  });
  const user = renderApp("/runs");
  await user.click(await screen.findByRole("button", { name: "Delete A lesson …" }));
  await user.click(screen.getByRole("button", { name: "Delete" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Cancel it first.");
  expect(screen.getByText("A lesson")).toBeDefined();
});

test("a server that is gone is said to be gone, above the list as it was", async () => {
  let gone = false;
  await serveLog(lesson, {
    trouble: (one, response, requests) => {
      if (!gone || !one.url.startsWith("/runs?")) return oneRun()(one, response, requests);
      response.destroy();
      return true;
    },
  });
  const user = renderApp("/runs");
  await screen.findByText("A lesson");
  gone = true;
  await user.click(screen.getByRole("button", { name: "Pinned" }));
  expect(await screen.findByText(/The server does not answer/, {}, { timeout: 5000 })).toBeDefined();
});
