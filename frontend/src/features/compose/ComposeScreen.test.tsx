import { screen, waitFor, within } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { lesson, OPERATION_ID } from "@/test/logs";
import { json, problem, type Seen, serveLog, type Trouble } from "@/test/logServer";
import { renderApp } from "@/test/renderApp";

const posts = (seen: readonly Seen[]): Seen[] => seen.filter(({ url }) => url === "/generate-sse");
const onPost =
  (trouble: Trouble): Trouble =>
  (seen, response, requests) =>
    seen.url === "/generate-sse" && trouble(seen, response, requests);

async function type(text: string): Promise<UserEvent> {
  const user = renderApp("/");
  await user.type(await screen.findByRole("textbox", { name: "Source" }), text);
  return user;
}

const press = (user: UserEvent): Promise<void> =>
  user.click(screen.getByRole("button", { name: "Generate" }));
const source = (): string => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Source" }).value;

test("Ctrl+Enter posts once, without a stream, and leads to the finished run", async () => {
  const { seen } = await serveLog(lesson);
  const user = await type("# A lesson");
  await user.keyboard("{Control>}{Enter}{/Control}");
  await screen.findByRole("heading", { name: "A lesson", level: 1 });
  await screen.findByText("Complete");
  expect(document.title).toBe("✓ · A lesson · Pressrun");
  expect(posts(seen)).toHaveLength(1);
  expect(JSON.parse(posts(seen)[0]?.body ?? "")).toMatchObject({ text: "# A lesson", zoom: 2.1 });
  expect(posts(seen)[0]?.headers["prefer"]).toBe("respond-async");
  expect(seen.filter(({ url }) => url.endsWith("/events"))).toHaveLength(1);
});

test("nothing is sent while a field is wrong, and the field says what is right", async () => {
  const { seen } = await serveLog(lesson);
  const user = await type("x");
  await user.click(screen.getByRole("radio", { name: "Exact" }));
  const zoom = screen.getByRole("textbox", { name: "Times the size of a page" });
  await user.clear(zoom);
  await user.type(zoom, "11");
  await press(user);
  expect(zoom.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText("A number from 0.5 to 10.").id).toBe(zoom.getAttribute("aria-describedby"));
  expect(posts(seen)).toEqual([]);
});

test("field errors of the server stand at their fields, unknown ones in the card, and the text stays", async () => {
  await serveLog(lesson, {
    trouble: onPost((_, response) => {
      response.writeHead(422, { "Content-Type": "application/problem+json" });
      const errors = [
        { field: "zoom", problem: "is not good today", valid: "0.5..10" },
        { field: "novelty", problem: "is not a known field", valid: "" },
      ];
      response.end(JSON.stringify({ type: "x", title: "Invalid", status: 422, detail: "no", errors }));
      return true;
    }),
  });
  const user = await type("# A lesson");
  await press(user);
  expect((await screen.findByText("Is not good today. Valid: 0.5..10.")).id).toBe("zoom-error");
  expect(await screen.findByText("novelty")).toBeDefined();
  expect(source()).toBe("# A lesson");
});

test.each([
  [413, /Shorten the text/],
  [415, /Reload this page/],
  [503, /in 7 s/],
  [507, /Free some space/],
])("a %i shows the server's words and what to do", async (status, advice) => {
  await serveLog(lesson, {
    trouble: onPost(problem(status, "Thus spoke the server.", { "Retry-After": "7" })),
  });
  const user = await type("x");
  await press(user);
  expect(await screen.findByText("Thus spoke the server.")).toBeDefined();
  expect(screen.getByText(advice)).toBeDefined();
});

test("when nobody answers, trying again sends the same request under the same key", async () => {
  let refused = false;
  const { seen } = await serveLog(lesson, {
    trouble: onPost((_, response) => {
      if (refused) return false;
      refused = true;
      response.destroy();
      return true;
    }),
  });
  const user = await type("# A lesson");
  await press(user);
  await screen.findByText("The server does not answer");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("Complete");
  const keys = posts(seen).map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

const busy: Trouble = (_, response) => {
  response.writeHead(409, { "Content-Type": "application/problem+json" });
  const run = {
    operation_id: OPERATION_ID,
    status: "running",
    stage: "render",
    progress: 62,
    title: "In the way",
  };
  const body = {
    type: "x",
    title: "Another run is in progress",
    status: 409,
    detail: "…",
    reason: "in_flight",
  };
  response.end(JSON.stringify({ ...body, active_operation_id: OPERATION_ID, run }));
  return true;
};

test("a 409 names the run in the way, can cancel it, and keeps the text", async () => {
  const running = lesson.slice(0, 4);
  const { seen } = await serveLog(running, {
    trouble: (one, response, requests) => {
      if (one.url === "/generate-sse") return busy(one, response, requests);
      if (!one.url.endsWith("/cancel")) return false;
      response.writeHead(202, { "Content-Type": "application/json" }).end("{}");
      return true;
    },
  });
  const user = await type("my own text");
  await press(user);
  await screen.findByText("Another run is in progress");
  expect(screen.getByText(/62 % · render/)).toBeDefined();
  expect(screen.getByRole("link", { name: "Watch it" }).getAttribute("href")).toBe(`/runs/${OPERATION_ID}`);
  await user.click(screen.getByRole("button", { name: "Cancel it" }));
  await waitFor(() => {
    expect(seen.some(({ url, headers }) => url.endsWith("/cancel") && headers["x-pressrun"] === "1")).toBe(
      true,
    );
  });
  expect(source()).toBe("my own text");
});

test("a 409 offers a place in the queue, and sends the same request to wait there under a new key", async () => {
  const { seen } = await serveLog(lesson, {
    trouble: (one, response, requests) =>
      one.url === "/generate-sse" && !one.body.includes("on_busy") && busy(one, response, requests),
  });
  const user = await type("my own text");
  await press(user);
  await user.click(await screen.findByRole("button", { name: "Wait in the queue" }));
  await screen.findByText("Complete");
  expect(posts(seen).map(({ body }) => (JSON.parse(body) as { on_busy?: string }).on_busy)).toEqual([
    undefined,
    "queue",
  ]);
  expect(new Set(posts(seen).map(({ headers }) => headers["idempotency-key"])).size).toBe(2);
});

test("once the run in the way has ended, the card says that the way is free", async () => {
  await serveLog(lesson, { trouble: onPost(busy) });
  const user = await type("my own text");
  await press(user);
  expect(await screen.findByText("The way is free")).toBeDefined();
});

test("what was typed is there again after a reload", async () => {
  await serveLog(lesson);
  await type("do not lose me");
  await waitFor(() => {
    expect(JSON.stringify(localStorage)).toContain("do not lose me");
  });
  document.body.replaceChildren();
  renderApp("/");
  expect(await screen.findByDisplayValue("do not lose me")).toBeDefined();
});

test("a chosen file takes the place of the text, which can be brought back", async () => {
  await serveLog(lesson);
  const user = await type("mine");
  await user.upload(screen.getByLabelText("Source file"), new File(["<h1>theirs</h1>"], "page.html"));
  expect(await screen.findByDisplayValue("<h1>theirs</h1>")).toBeDefined();
  expect(screen.getByRole<HTMLInputElement>("radio", { name: "HTML" }).checked).toBe(true);
  await user.click(screen.getByRole("button", { name: "Bring back what was here" }));
  expect(source()).toBe("mine");
});

const PAUSED_AT = "2026-11-29T19:07:45.278472Z";

/** A server whose only lane is paused, until a request resumes it. */
async function servePausedLane(status: number, more: object) {
  const lane = { lane: "default", slots: 1, running: 0, waiting: 0, paused: true, paused_at: PAUSED_AT };
  return serveLog(lesson, {
    trouble: ({ url, method, body }, response) => {
      if (url.startsWith("/lanes")) {
        if (method === "POST") Object.assign(lane, { paused: false, paused_at: null });
        return json(response, method === "POST" ? lane : { lanes: [lane] });
      }
      if (url !== "/generate-sse" || !lane.paused || body.includes("on_busy")) return false;
      const detail = `Lane default is paused since ${PAUSED_AT}. Wait in its line with on_busy=queue.`;
      const problem = { type: "x", title: "The lane is paused", status, detail, ...more };
      response.writeHead(status, { "Content-Type": "application/problem+json", "Retry-After": "5" });
      response.end(JSON.stringify(problem));
      return true;
    },
  });
}

test.each([
  [409, { reason: "lane_paused", code: "lane_paused", lane: "default", paused_at: PAUSED_AT }],
  [503, { code: "lane_paused" }],
])(
  "a paused lane (%i) is told in people's words, promises no seconds, and offers the line",
  async (status, more) => {
    const { seen } = await servePausedLane(status, more);
    const user = await type("my own text");
    await press(user);
    const card = await screen.findByRole("alert", { name: "The lane is paused" });
    expect(card.textContent).toContain("nothing begins in it until somebody resumes it");
    expect(card.textContent).not.toMatch(/\d s\b|on_busy|T19:07/);
    await user.type(screen.getByRole("textbox", { name: "Source" }), "!");
    await user.click(screen.getByRole("button", { name: "Wait in the queue" }));
    await screen.findByText("Complete");
    expect(posts(seen).at(-1)?.body).toContain('"on_busy":"queue"');
  },
);

test("a lane is resumed where its pause is told, and the card then says that it goes on", async () => {
  await servePausedLane(409, {
    reason: "lane_paused",
    code: "lane_paused",
    lane: "default",
    paused_at: PAUSED_AT,
  });
  const user = await type("my own text");
  await press(user);
  const card = await screen.findByRole("alert", { name: "The lane is paused" });
  await user.click(within(card).getByRole("button", { name: "Resume lane default" }));
  const goesOn = await screen.findByRole("alert", { name: "The lane goes on" });
  await user.click(within(goesOn).getByRole("button", { name: "Generate now" }));
  await screen.findByText("Complete");
});

test("text that is written from right to left stands so", async () => {
  await serveLog(lesson);
  await type("\u0627\u0644\u0628\u0631\u0646\u0627\u0645\u062c");
  expect(screen.getByRole("textbox", { name: "Source" }).getAttribute("dir")).toBe("auto");
});
