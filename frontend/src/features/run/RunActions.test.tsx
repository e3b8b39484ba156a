import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { RunDetail, RunEvent } from "@/api/types";
import { json, frame, serveLog } from "@/test/logServer";
import { detailOf, lesson, OPERATION_ID, toLog } from "@/test/logs";
import { renderApp } from "@/test/renderApp";

const path = `/runs/${OPERATION_ID}`;
const OTHER = "019aa000-0000-7000-8000-000000000002";

const begun = lesson.slice(0, 5);
const cancelled: RunEvent[] = toLog([...begun, { type: "cancelled", by: "user" }]);
/** The same run after a retry: the end of its first attempt has become a warning. */
const retried: RunEvent[] = toLog([
  ...begun,
  { type: "warning", code: "attempt_cancelled", message: "It was cancelled." },
  { type: "started", attempt: 2, resumed_from: "render" },
  ...lesson.slice(6),
]);

/** A server whose log grows behind the end when the run is retried, unless the lane is taken. */
async function serveRetry(answers: ("taken" | "yes")[]) {
  let log = cancelled;
  return serveLog(cancelled, {
    trouble: ({ method, url, headers }, response) => {
      if (url === path) return json(response, detailOf(log));
      if (url === `${path}/retry`) {
        if (answers.shift() === "taken") {
          const told = { title: "Busy", status: 409, detail: "Another run is in progress." };
          const more = { reason: "in_flight", active_operation_id: OTHER };
          return json(response, { type: "x", ...told, ...more }, 409);
        }
        log = retried;
        return json(response, detailOf(log), 202);
      }
      if (method !== "GET" || !url.endsWith("/events")) return false;
      const after = Number(headers["last-event-id"] ?? 0);
      if (after === log.length) response.writeHead(204).end();
      else {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.end(log.slice(after).map(frame).join(""));
      }
      return true;
    },
  });
}

test("a cancelled run says what a retry would keep, and a retry goes on behind the last event seen", async () => {
  const { seen } = await serveRetry(["yes"]);
  const user = renderApp(path);
  expect(await screen.findByText("A retry goes on from “Render”; 1 slide kept.")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Retry" }));
  expect(await screen.findByText("Complete")).toBeDefined();
  expect(screen.getByText("2 slides", { selector: "h2" })).toBeDefined();
  expect(screen.queryByText("attempt_cancelled")).toBeNull();
  const streams = seen.filter(({ url }) => url.endsWith("/events"));
  expect(streams.map(({ headers }) => headers["last-event-id"])).toEqual([
    undefined,
    String(cancelled.length),
  ]);
});

test("a retry that finds the lane taken says so, and can wait in the queue", async () => {
  const { seen } = await serveRetry(["taken", "yes"]);
  const user = renderApp(path);
  await user.click(await screen.findByRole("button", { name: "Retry" }));
  expect(await screen.findByText("Another run is in progress.")).toBeDefined();
  expect(screen.getByRole("link", { name: "See the run in the way" }).getAttribute("href")).toBe(
    `/runs/${OTHER}`,
  );
  await user.click(screen.getByRole("button", { name: "Wait in the queue" }));
  expect(await screen.findByText("Complete")).toBeDefined();
  const bodies = seen.filter(({ url }) => url.endsWith("/retry")).map(({ body }) => body);
  expect(bodies).toEqual(['{"on_busy":"reject"}', '{"on_busy":"queue"}']);
});

test("a run that was retried elsewhere goes on here as soon as somebody looks", async () => {
  let log = cancelled;
  await serveLog(cancelled, {
    trouble: ({ url, headers }, response) => {
      if (url === path) return json(response, detailOf(log));
      if (!url.endsWith("/events")) return false;
      const after = Number(headers["last-event-id"] ?? 0);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(log.slice(after).map(frame).join(""));
      return true;
    },
  });
  renderApp(path);
  await screen.findByText("The run was cancelled");
  log = retried;
  await waitFor(() => {
    window.dispatchEvent(new Event("visibilitychange")); // again: a look that is under way asks only once
    expect(screen.queryByText("Complete")).not.toBeNull();
  });
});

const detailed = (more: Partial<RunDetail>) =>
  serveLog(lesson, {
    trouble: ({ url }, response) => url === path && json(response, detailOf(lesson, more)),
  });

const at = "2026-11-21T08:00:00Z";

test("a finished run says how long each stage took", async () => {
  await detailed({ stages: [{ stage: "render", attempt: 1, started_at: at, duration_s: 3.2 }] });
  renderApp(path);
  const times = await screen.findByRole("region", { name: "How long it took" });
  // the others have their places only
  expect(
    within(times)
      .getAllByRole("listitem")
      .map(({ textContent }) => textContent),
  ).toEqual(["Render3.2 s"]);
});

test("a webhook that is not delivered is said to be so", async () => {
  await detailed({ webhook: { state: "due", attempts: 2, last_status: 503, due_at: null } });
  renderApp(path);
  expect(await screen.findByText("Webhook: not delivered yet (2 attempts, last answer 503)")).toBeDefined();
});

test("deliveries of a webhook are listed from the run's log, and one that was given up is sent again", async () => {
  const lines = [
    { at, event: "run started" },
    { at, event: "webhook not delivered yet", attempts: 1, reason: "answered with 500", retry_in_s: 5 },
    { at, event: "webhook given up", attempts: 2, reason: "answered with 410" },
  ];
  const sent: string[] = [];
  await serveLog(lesson, {
    trouble: ({ url, method }, response) => {
      if (method === "POST" && url.endsWith("/webhook")) {
        sent.push(url);
        return json(response, { state: "due", attempts: 0, last_status: null, due_at: at }, 202);
      }
      if (url.includes("/log?")) {
        response.end(lines.map((line) => JSON.stringify(line)).join("\n"));
        return true;
      }
      const webhook = { state: "given_up", attempts: 2, last_status: 410, due_at: null } as const;
      return url === path && json(response, detailOf(lesson, { webhook }));
    },
  });
  const user = renderApp(`${path}?tab=webhook`);
  const rows = await screen.findAllByRole("row");
  expect(rows.slice(1).map(({ textContent }) => textContent)).toEqual([
    expect.stringContaining("2given up: answered with 410"),
    expect.stringContaining("1not delivered yet: answered with 500"),
  ]);
  await user.click(screen.getByRole("button", { name: "Send it again" }));
  await waitFor(() => {
    expect(sent).toHaveLength(1);
  });
});

test("several attempts are told one by one, with how each ended", async () => {
  const first = {
    attempt: 1,
    started_at: at,
    resumed_from: null,
    ended_at: at,
    duration_s: 2,
    message: "It broke.",
  };
  await detailed({
    attempts: [
      { ...first, ended: "error" },
      { ...first, attempt: 2, resumed_from: "render", ended: "complete", message: null },
    ],
    stages: [{ stage: "compose", attempt: 1, started_at: at, duration_s: 0.01 }],
  });
  renderApp(path);
  expect(await screen.findByText("Attempt 1 · failed after 2.0 s")).toBeDefined();
  expect(screen.getByText("It broke.")).toBeDefined();
  expect(screen.getByText("Attempt 2, resumed from “Render” · complete after 2.0 s")).toBeDefined();
  expect(screen.getByText("less than 0.1 s")).toBeDefined();
});

test("made again means a new run with what is to be otherwise, and leads there", async () => {
  const spec = {
    zoom: 2.1,
    viewport_width: 1920,
    viewport_height: 1080,
    image_format: "png",
    outputs: ["images"],
  };
  const { seen } = await serveLog(lesson, {
    trouble: ({ url }, response) => {
      if (url === `${path}/spec`) return json(response, spec);
      if (url === `/runs/${OTHER}`) return json(response, detailOf(lesson, { rerender_of: OPERATION_ID }));
      if (url !== `${path}/rerender`) return false;
      response.writeHead(200, { "Content-Type": "text/event-stream", Location: `/runs/${OTHER}/events` });
      response.end(lesson.map((event) => frame({ ...event, operation_id: OTHER })).join(""));
      return true;
    },
  });
  const user = renderApp(path);
  await user.click(await screen.findByRole("button", { name: "Make again with …" }));
  const dialog = screen.getByRole("dialog", { name: "Make it again with …" });
  await user.click(await within(dialog).findByRole("radio", { name: "JPEG" }));
  await user.click(within(dialog).getByRole("radio", { name: "Exact" }));
  const zoom = within(dialog).getByRole("textbox", { name: "Times the size of a page" });
  await user.clear(zoom);
  await user.click(within(dialog).getByRole("button", { name: "Make it" }));
  expect(within(dialog).getByText("A number from 0.5 to 10.")).toBeDefined();
  await user.type(zoom, "3");
  await user.click(within(dialog).getByRole("button", { name: "Make it" }));
  const origin = await screen.findByRole("link", { name: "Made from an earlier run" });
  expect(origin.getAttribute("href")).toBe(path);
  expect(screen.queryByRole("dialog")).toBeNull();
  const sent = seen.filter(({ url }) => url.endsWith("/rerender"));
  const asked = { on_duplicate: "join", zoom: 3, image_format: "jpeg" };
  expect(sent.map(({ body }) => JSON.parse(body) as unknown)).toEqual([asked]);
  expect(sent[0]?.headers["idempotency-key"]).toMatch(/^"[0-9a-f]{32}"$/);
});

test("a run that waits can be held in the queue and let go", async () => {
  const waiting = toLog([{ type: "queued", position: 2, message: "Waiting for 1 run" }]);
  let paused = false;
  await serveLog(waiting, {
    trouble: ({ url }, response) => {
      if (url === `${path}/pause` || url === `${path}/resume`) paused = url.endsWith("/pause");
      if (!url.endsWith("/events")) {
        if (url === "/lanes") return false;
        return json(response, detailOf(waiting, { paused }));
      }
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write(waiting.map(frame).join(""));
      return true;
    },
  });
  const user = renderApp(path);
  await user.click(await screen.findByRole("button", { name: "Pause" }));
  await user.click(await screen.findByRole("button", { name: "Resume" }));
  expect(await screen.findByRole("button", { name: "Pause" })).toBeDefined();
  expect(paused).toBe(false);
});

test("the log is asked for when it is opened, line by line behind what is there", async () => {
  const lines = [{ at, level: "info", event: "stage begins", stage: "render", operation_id: OPERATION_ID }];
  const { seen } = await serveLog(lesson, {
    trouble: ({ url }, response) => {
      const match = /\/log\?format=jsonl&after=(\d+)$/.exec(url);
      if (match === null) return false;
      const text = lines.slice(Number(match[1])).map((line) => `${JSON.stringify(line)}\n`);
      response.writeHead(200, { "Content-Type": "application/jsonl" }).end(text.join(""));
      return true;
    },
  });
  const user = renderApp(path);
  await screen.findByText("Complete");
  expect(seen.some(({ url }) => url.includes("/log"))).toBe(false);
  await user.click(screen.getByText("Log"));
  expect(await screen.findByText("stage begins")).toBeDefined();
  expect(screen.getByText("stage=render")).toBeDefined();
  lines.push({ at, level: "warning", event: "something else", stage: "export", operation_id: OPERATION_ID });
  window.dispatchEvent(new Event("visibilitychange"));
  expect(await screen.findByText("something else")).toBeDefined();
  expect(screen.getAllByText("stage begins")).toHaveLength(1);
});
