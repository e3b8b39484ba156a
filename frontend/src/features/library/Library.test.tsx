import { screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { json, type Seen, serveLog, type Trouble } from "@/test/logServer";
import { lesson, OPERATION_ID, runOf, toLog } from "@/test/logs";
import { renderApp } from "@/test/renderApp";

const lists = (seen: readonly Seen[]): string[] =>
  seen.filter(({ url }) => url.startsWith("/runs?limit=25")).map(({ url }) => url);

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
  expect(lists(seen).filter((url) => url.includes("q="))).toEqual(["/runs?limit=25&q=nothing&counts=1"]);
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

/** Three runs, of which one has failed; what is deleted is gone. */
async function serveThree() {
  const gone = new Set<string>();
  const failed = toLog([{ type: "error", code: "crashed", message: "It broke." }]);
  const runs = [
    runOf(lesson, { operation_id: "01a", title: "One" }),
    runOf(lesson, { operation_id: "01b", title: "Two" }),
    runOf(failed, { operation_id: "01c", title: "Three" }),
  ];
  return serveLog(lesson, {
    trouble: ({ method, url }, response) => {
      const deleted = method === "DELETE" ? /^\/runs\/(\w+)$/.exec(url)?.[1] : undefined;
      if (deleted !== undefined) {
        gone.add(deleted);
        response.writeHead(204).end();
        return true;
      }
      if (url.endsWith("/retry")) return json(response, runs[2]);
      if (!url.startsWith("/runs?") || url.includes("status=queued")) return false;
      const left = runs.filter(({ operation_id }) => !gone.has(operation_id));
      return json(response, { runs: left, next_cursor: null });
    },
  });
}

const deletions = (seen: Seen[]) => seen.filter(({ method }) => method === "DELETE").map(({ url }) => url);

test("many are deleted at once, and until it is done it can be undone", async () => {
  const { seen } = await serveThree();
  const user = renderApp("/runs");
  await user.click(await screen.findByRole("checkbox", { name: "Choose One" }));
  await user.click(screen.getByRole("checkbox", { name: "Choose Three" }));
  const bar = screen.getByRole("group", { name: "With the chosen runs" });
  expect(within(bar).getByText("2 runs chosen")).toBeDefined();
  await user.click(within(bar).getByRole("button", { name: "Delete" }));
  expect(screen.queryByText("One")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Undo" }));
  expect(await screen.findByText("One")).toBeDefined();
  expect(deletions(seen)).toEqual([]);
});

test("whoever leaves the page meant it, and the requests outlive it", async () => {
  await serveThree();
  const user = renderApp("/runs");
  await user.click(await screen.findByRole("checkbox", { name: "Choose One" }));
  await user.click(screen.getByRole("checkbox", { name: "Choose Two" }));
  await user.click(screen.getByRole("button", { name: "Delete" }));
  const asked = vi.spyOn(globalThis, "fetch");
  window.dispatchEvent(new Event("pagehide")); // what is not asked for now is not asked for
  const sent = asked.mock.calls.map(([url, init]) => [url, init?.method, init?.keepalive]);
  asked.mockRestore();
  expect(sent).toEqual([
    ["/runs/01a", "DELETE", true],
    ["/runs/01b", "DELETE", true],
  ]);
});

test("only what can be done with some of the chosen runs is offered, and with how many", async () => {
  const { seen } = await serveThree();
  const user = renderApp("/runs");
  await user.click(await screen.findByRole("checkbox", { name: "Choose One" }));
  await user.click(screen.getByRole("button", { name: "All 3" }));
  const names = within(screen.getByRole("group", { name: "With the chosen runs" }))
    .getAllByRole("button")
    .map(({ textContent }) => textContent);
  expect(names).toEqual(["Download 2", "Pin", "Retry 1", "Delete", "None"]);
  await user.click(screen.getByRole("button", { name: "Retry 1" }));
  await waitFor(() => {
    const retried = seen.filter(({ url }) => url.endsWith("/retry"));
    expect(retried.map(({ url, body }) => [url, body])).toEqual([["/runs/01c/retry", '{"on_busy":"queue"}']]);
  });
});

test("filters are as they were for whoever comes back, and are cleared with one press", async () => {
  await serveThree();
  const user = renderApp("/runs?status=error");
  await screen.findByText("One");
  await user.click(screen.getByRole("link", { name: "New" }));
  const back = await screen.findByRole("link", { name: "Runs" });
  expect(back.getAttribute("href")).toBe("/runs?status=error");
  await user.click(back);
  await user.click(await screen.findByRole("button", { name: "Clear" }));
  expect(screen.getByRole<HTMLSelectElement>("combobox", { name: "Status" }).value).toBe("");
});

test("who waits is listed in the order in which they begin, with what can be done", async () => {
  const queued = toLog([{ type: "queued", position: 1, message: "Waiting" }]);
  const waiting = [
    runOf(queued, { operation_id: "01x", title: "Later", queue_position: 2 }),
    runOf(queued, { operation_id: "01y", title: "Sooner", queue_position: 1, priority: 5 }),
  ];
  const { seen } = await serveLog(lesson, {
    trouble: ({ method, url }, response) => {
      if (method === "POST" && url.endsWith("/cancel")) return json(response, waiting[0]);
      return url.includes("status=queued") && json(response, { runs: waiting, next_cursor: null });
    },
  });
  const user = renderApp("/runs");
  const line = await screen.findByRole("region", { name: "Waiting line" });
  const rows = within(line).getAllByRole("listitem");
  expect(rows.map(({ textContent }) => textContent)).toEqual([
    "1Soonerthe next to begin · priority 5PauseCancel",
    "2Laterbehind those abovePauseCancel",
  ]);
  await user.click(within(line).getByRole("button", { name: "Cancel Later" }));
  await waitFor(() => {
    expect(seen.some(({ url }) => url === "/runs/01x/cancel")).toBe(true);
  });
});

test("the order is asked of the server, and how many runs there are of each status stands in its list", async () => {
  const { seen } = await serveLog(lesson, {
    trouble: ({ method, url }, response) => {
      if (method !== "GET" || !url.startsWith("/runs?limit=25")) return false;
      const runs = [runOf(lesson, {})];
      return json(response, {
        runs,
        next_cursor: runs[0]?.operation_id,
        counts: { complete: 1200, error: 3 },
      });
    },
  });
  const user = renderApp("/runs");
  expect(await screen.findByText("1 of 1,203 runs", { selector: "p" })).toBeDefined();
  expect(lists(seen)).toEqual(["/runs?limit=25&counts=1"]);
  const status = screen.getByRole("combobox", { name: "Status" });
  expect([...status.children].map(({ textContent }) => textContent)).toEqual([
    "Any status (1,203)",
    "Waiting (0)",
    "Running (0)",
    "Complete (1,200)",
    "Failed (3)",
    "Cancelled (0)",
  ]);
  await user.selectOptions(screen.getByRole("combobox", { name: "Order" }), "Oldest first");
  expect(await screen.findByRole("button", { name: "Show newer runs" })).toBeDefined();
  await waitFor(() => {
    expect(lists(seen).at(-1)).toBe("/runs?limit=25&sort=oldest&counts=1");
  });
  expect(screen.queryByRole("button", { name: "Clear" })).toBeNull();
});
