import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { json, frame, serveLog } from "@/test/logServer";
import { detailOf, lesson, OPERATION_ID } from "@/test/logs";
import { renderApp } from "@/test/renderApp";

const running = lesson.slice(0, 5); // with its first picture
const refused = {
  type: "x",
  title: "Another run is in progress",
  status: 409,
  detail: "…",
  reason: "in_flight",
  policies: ["join", "queue", "replace"],
  active_operation_id: OPERATION_ID,
};

/** A server whose one slot is taken by somebody's run, and where one more waits. */
async function serveTaken() {
  return serveLog(running, {
    trouble: ({ method, url, body }, response) => {
      if (url === "/generate-sse" && !body.includes("on_busy")) return json(response, refused, 409);
      if (url === "/admission/explain") {
        const differences = [
          { field: "text", requested: "mine", active: "theirs" },
          { field: "outputs", requested: ["images", "pdf"], active: null },
        ];
        return json(response, { admitted: false, differences, run: { operation_id: OPERATION_ID } });
      }
      if (url === "/lanes") {
        const lane = { lane: "default", slots: 1, running: 1, waiting: 1, paused: false, paused_at: null };
        return json(response, { lanes: [lane] });
      }
      if (url === `/runs/${OPERATION_ID}`) return json(response, detailOf(running, { caller: "kim" }));
      if (method !== "GET" || !url.endsWith("/events")) return false;
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write(running.map(frame).join(""));
      return true;
    },
  });
}

async function send() {
  const user = renderApp("/");
  await user.type(await screen.findByRole("textbox", { name: "Source" }), "mine");
  await user.click(screen.getByRole("button", { name: "Generate" }));
  return { user, card: await screen.findByRole("alert", { name: "Another run is in progress" }) };
}

test("the card says whose run is in the way, and which place in the queue one would have", async () => {
  await serveTaken();
  const { card } = await send();
  expect(await within(card).findByText(/started by kim/)).toBeDefined();
  expect(await within(card).findByRole("button", { name: "Wait in the queue (place 2)" })).toBeDefined();
});

test("the card says what differs, field by field, when it is asked", async () => {
  const { seen } = await serveTaken();
  const { user, card } = await send();
  expect(seen.some(({ url }) => url === "/admission/explain")).toBe(false);
  await user.click(within(card).getByText("What differs?"));
  const rows = (await within(card).findAllByRole("row")).map(({ textContent }) => textContent);
  expect(rows).toEqual(["FieldThat runYours", "texttheirsmine", "outputsnoneimages, pdf"]);
  const asked = seen.find(({ url }) => url === "/admission/explain");
  expect(JSON.parse(asked?.body ?? "{}")).toMatchObject({ text: "mine" });
});

test("replacing sends the same request to have that run's place", async () => {
  const { seen } = await serveTaken();
  const { user, card } = await send();
  await user.click(within(card).getByRole("button", { name: "Replace it" }));
  await screen.findByRole("heading", { name: "A lesson" });
  const sent = seen
    .filter(({ url }) => url === "/generate-sse")
    .map(({ body }) => JSON.parse(body) as object);
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual({ ...sent[0], on_busy: "replace" });
});
