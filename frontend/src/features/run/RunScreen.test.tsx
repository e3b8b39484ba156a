import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { REMEDIES } from "@/api/remedies.gen";
import { say } from "@/lib/language";
import type { ErrorCode, RunEvent } from "@/api/types";
import { lesson, OPERATION_ID, snapshotOf, toLog } from "@/test/logs";
import { frame, problem, serveLog, type Trouble } from "@/test/logServer";
import { renderApp } from "@/test/renderApp";

const path = `/runs/${OPERATION_ID}`;

const everything = {
  share: 1,
  words: 8,
  words_missing: 0,
  missing: [],
  pictures: 0,
  pictures_missing: 0,
  missing_pictures: [],
  cut_at_sides: 0,
  hidden_content: { words: 0, share: 0, examples: [] },
  compared_with: "text" as const,
  summary: "",
};

/** Streams `events` and holds the connection open, as a run that goes on does. */
const goingOn =
  (events: typeof lesson): Trouble =>
  (seen, response) => {
    if (!seen.url.endsWith("/events")) return false;
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write(events.map(frame).join(""));
    return true;
  };

test("a run that goes on shows stage, progress, pictures so far and places for the rest", async () => {
  await serveLog(lesson, { trouble: goingOn(lesson.slice(0, 6)) });
  renderApp(path);
  await screen.findByRole("heading", { name: "A lesson" });
  expect(screen.getByRole("progressbar").getAttribute("value")).toBe("40");
  const stages = within(screen.getByRole("list", { name: "Stages" }));
  expect(stages.getByText("Render").getAttribute("aria-current")).toBe("step");
  expect(screen.getByText("1 of 2 slides")).toBeDefined();
  await waitFor(() => {
    expect(screen.getByRole("img", { name: "Slide 1" }).getAttribute("src") ?? "").toContain(
      "slides/0001.png",
    );
  });
  expect(screen.getByRole("button", { name: "Cancel" })).toBeDefined();
  await waitFor(() => {
    expect(document.title).toBe("40 % · A lesson · Pressrun");
  });
});

test("a finished run offers its files, its archive and its folder's name, and never its HTML in the page", async () => {
  await serveLog(lesson);
  renderApp(`${path}?tab=files`);
  expect((await screen.findByRole("link", { name: /Download all/ })).getAttribute("href")).toBe(
    `${path}/archive.zip`,
  );
  const open = within(screen.getByRole("list", { name: "Files" })).getByRole("link", {
    name: /Open document.html/,
  });
  expect(open.getAttribute("href")).toBe(`${path}/files/document.html?inline=1`);
  expect(open.getAttribute("rel")).toContain("noreferrer");
  expect(screen.getByText("2026-11-21_08-00-00_x")).toBeDefined();
  expect(document.querySelector("iframe, object, embed")).toBeNull();
});

test("pictures open large, and arrows and Esc do what they should", async () => {
  await serveLog(lesson);
  const user = renderApp(path);
  await user.click(await screen.findByRole("button", { name: "Open slide 1" }));
  expect(screen.getByRole("dialog", { name: "Slide 1 of 2" })).toBeDefined();
  await user.keyboard("{ArrowRight}{ArrowRight}");
  expect(screen.getByRole("dialog", { name: "Slide 2 of 2" })).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Close" }));
  await waitFor(() => {
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});

const failedWith = (code: ErrorCode, retryable: boolean): RunEvent[] =>
  toLog([
    { type: "started", attempt: 1 },
    { type: "error", code, message: "It never got ready.", stage: "render", retryable },
  ]);

test("a failed run says its code, why, and what to do", async () => {
  await serveLog(failedWith("render_timeout", false));
  renderApp(path);
  expect(await screen.findByText("It never got ready.")).toBeDefined();
  expect(screen.getByText("render_timeout")).toBeDefined();
  expect(screen.getByText(/Take out endless scripts/)).toBeDefined();
});

test("what helps is what the server says of that code", async () => {
  await serveLog(failedWith("voice_timeout", true));
  renderApp(path);
  expect(await screen.findByText(say(REMEDIES.voice_timeout))).toBeDefined();
});

test.each([
  "document_too_large",
  "empty_document",
  "frameset",
  "render_timeout",
  "source_too_complex",
] as const)("no retry is offered of a document that would fail again: %s", async (code) => {
  await serveLog(failedWith(code, false));
  renderApp(path);
  expect(await screen.findByRole("link", { name: "Edit and make again" })).toBeDefined();
  expect(screen.queryByRole("button", { name: "Retry" })).toBeNull();
  expect(screen.queryByText(/A retry/)).toBeNull();
});

test.each([
  ["browser_crashed", true],
  ["crashed", false],
  ["ai_refused", false],
] as const)(
  "a retry is offered of what may pass, or once somebody has mended it: %s",
  async (code, retryable) => {
    await serveLog(failedWith(code, retryable));
    renderApp(path);
    expect(await screen.findByRole("button", { name: "Retry" })).toBeDefined();
    expect(screen.getByText(/A retry goes on/)).toBeDefined();
  },
);

test("a cancelled run says by whom", async () => {
  await serveLog(
    toLog([
      { type: "started", attempt: 1 },
      { type: "cancelled", by: "replaced" },
    ]),
  );
  renderApp(path);
  expect(await screen.findByText(/Another run took its place/)).toBeDefined();
});

test("an unknown run is said to be unknown", async () => {
  await serveLog(lesson, { trouble: problem(404, "no") });
  renderApp(path);
  expect(await screen.findByText("There is no such run")).toBeDefined();
});

test("what is missing on the slides is said once, beside how many there are", async () => {
  const summary = "75 % of 8 words are on the slides, 2 are not: “its way” (line 4, not in the document).";
  const last = lesson.at(-1);
  if (last?.type !== "complete") throw new Error("a lesson ends");
  const events = [
    ...lesson.slice(0, -1),
    {
      type: "warning" as const,
      code: "content_missing",
      message: summary,
      seq: 9,
      operation_id: OPERATION_ID,
      at: last.at,
      v: 1 as const,
    },
    { ...last, seq: 10, coverage: { ...everything, share: 0.75, words: 8, words_missing: 2, summary } },
  ];
  await serveLog(events);
  renderApp(path);
  expect(await screen.findByText(summary)).toBeDefined();
  expect(screen.getAllByText(summary)).toHaveLength(1);
});

test("a run whose log was pruned is still shown with its result", async () => {
  await serveLog(lesson, {
    trouble: (seen, response, requests) => {
      if (seen.url.endsWith("/events")) return problem(410, "pruned")(seen, response, requests);
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify(snapshotOf(lesson, 1)));
      return true;
    },
  });
  renderApp(`${path}?tab=files`);
  expect(await screen.findByText("2026-11-21_08-00-00_x")).toBeDefined();
});

test("a lost connection is told as what is known: the clock and the pulse stop, and one can try now", async () => {
  let gate: (() => void) | undefined;
  let streams = 0;
  const began = new Date(Date.now() - 60_000).toISOString();
  const recent = lesson.slice(0, 4).map((event) => ({ ...event, at: began }));
  await serveLog(lesson, {
    trouble: (seen, response, requests) => {
      if (!seen.url.endsWith("/events")) return false;
      streams += 1;
      if (streams === 1) {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write(`retry: 1\n\n${recent.map(frame).join("")}`, () => response.destroy());
        return true;
      }
      if (streams === 2) return problem(503, "away", { "Retry-After": "1800" })(seen, response, requests);
      gate = () => {
        goingOn(lesson.slice(4, 6))(seen, response, requests);
      };
      return true;
    },
  });
  const user = renderApp(path);
  const notice = await screen.findByRole("status", { name: "Not connected" });
  await waitFor(() => {
    expect(notice.textContent).toMatch(/Not connected for .* s, trying again in \d+ min \d+ s\./);
  });
  expect(notice.textContent).not.toContain("nothing is lost");
  expect(document.title).toBe("Not connected · A lesson · Pressrun");
  expect(screen.getByText("Running").dataset["stale"]).toBe("true");
  const clock = (): string => screen.getByText(/^1:\d\d, usually 2\.0 s to 3\.0 s$/).textContent;
  const stands = clock();
  await new Promise((resolve) => setTimeout(resolve, 1600)); // as long as the clock would need for its next second
  expect(clock()).toBe(stands);
  await user.click(screen.getByRole("button", { name: "Try now" }));
  await waitFor(() => {
    expect(gate).toBeDefined();
  });
  gate?.();
  await waitFor(() => {
    expect(screen.queryByText("Not connected")).toBeNull();
  });
  expect(screen.getByText("Running").dataset["stale"]).toBe("false");
  expect(screen.getByText("1 of 2 slides")).toBeDefined();
});

test("events of a type that this page does not know are counted in the timeline", async () => {
  const strange = `id: 5\nevent: novelty\ndata: {"type":"novelty","seq":5}\n\n`;
  await serveLog(lesson, {
    trouble: (seen, response) => {
      if (!seen.url.endsWith("/events")) return false;
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(lesson.slice(0, 4).map(frame).join("") + strange);
      return true;
    },
  });
  renderApp(`${path}?tab=timeline`);
  expect(await screen.findByText(/1 event of the type “novelty”/)).toBeDefined();
});

test("what could not be had while the server was away is there as soon as it is back", async () => {
  let away = true;
  await serveLog(lesson, {
    trouble: (seen, response) => {
      if (!away || seen.url.endsWith("/events")) return false;
      response.destroy();
      return true;
    },
  });
  renderApp(path);
  await screen.findByRole("heading", { name: "A lesson" });
  expect(screen.queryByRole("button", { name: /Pin/ })).toBeNull(); // it needs `GET /runs/{id}`
  await new Promise((resolve) => setTimeout(resolve, 1500)); // the second try has failed, too
  away = false;
  expect(await screen.findByRole("button", { name: /Pin/ })).toBeDefined();
});
