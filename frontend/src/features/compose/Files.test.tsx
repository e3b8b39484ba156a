import { createEvent, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { lesson } from "@/test/logs";
import { json, serveLog } from "@/test/logServer";
import { renderApp } from "@/test/renderApp";

const file = (name: string, content = `# ${name}`): File => new File([content], name);
const source = (): string => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Source" }).value;

function drop(target: Element, files: File[]): void {
  for (const type of ["dragOver", "drop"] as const) {
    const event = createEvent[type](target);
    Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], files } });
    fireEvent(target, event);
  }
}

test("a file that is dropped beside the field is taken, and a wrong one's refusal goes with the next letter", async () => {
  await serveLog(lesson);
  const user = renderApp("/");
  const heading = await screen.findByRole("heading", { name: "Text in, slides out." });
  drop(heading, [file("photo.jpg")]);
  expect(await screen.findByText(/“photo.jpg” is not text/)).toBeDefined();
  await user.type(screen.getByRole("textbox", { name: "Source" }), "x");
  expect(screen.queryByText(/is not text/)).toBeNull();
  drop(heading, [file("a.md")]);
  expect(await screen.findByDisplayValue("# a.md")).toBeDefined();
});

test("several files become a run each, behind one another, or one deck", async () => {
  const { seen } = await serveLog(lesson, {
    trouble: ({ url, body }, response) => {
      if (url !== "/generate-sse" || !body.includes("b.md")) return false;
      response.writeHead(422, { "Content-Type": "application/problem+json" });
      response.end(JSON.stringify({ type: "x", title: "No", status: 422, detail: "Not this one." }));
      return true;
    },
  });
  const user = renderApp("/");
  await user.type(await screen.findByRole("textbox", { name: "Title" }), "Mine");
  const all = [file("a.md"), file("b.md"), file("c.html", "<p>c"), file("d.png")];
  drop(document.body, all);
  const dialog = await screen.findByRole("dialog", { name: "4 files" });
  await within(dialog).findByText(/“d.png” is not text/);
  expect(within(dialog).getByText("HTML pages cannot be joined into one deck.")).toBeDefined();
  await user.click(within(dialog).getByRole("button", { name: "A run of each" }));
  await within(dialog).findByRole("link", { name: "Go to the runs" });
  expect(within(dialog).getByText("Not this one.")).toBeDefined();
  expect(within(dialog).getAllByRole("link", { name: "Started" })).toHaveLength(2);
  const posts = seen.filter(({ url }) => url === "/generate-sse");
  const bodies = posts.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  expect(bodies.map(({ text, html, title, on_busy }) => [text ?? html, title, on_busy])).toEqual([
    ["# a.md", undefined, "queue"],
    ["# b.md", undefined, "queue"],
    ["<p>c", undefined, "queue"],
  ]);
  expect(new Set(posts.map(({ headers }) => headers["idempotency-key"])).size).toBe(3);
  await user.click(within(dialog).getByRole("button", { name: "Stay here" }));
  drop(document.body, [file("a.md"), file("b.txt")]);
  const second = await screen.findByRole("dialog", { name: "2 files" });
  const deck = within(second).getByRole<HTMLButtonElement>("button", { name: "One deck of all" });
  await waitFor(() => {
    expect(deck.disabled).toBe(false);
  });
  await user.click(deck);
  expect(source()).toBe("# a.md\n\n# b.txt");
});

test("HTML among text is offered as a page, until it is none any more or that was declined", async () => {
  await serveLog(lesson);
  const user = renderApp("/");
  await user.click(await screen.findByRole("textbox", { name: "Source" }));
  await user.paste("<!doctype html><p>Hello</p>");
  await user.click(screen.getByRole("button", { name: "Show it as a page" }));
  expect(screen.getByRole<HTMLInputElement>("radio", { name: "HTML" }).checked).toBe(true);
  expect(screen.queryByText(/This looks like HTML/)).toBeNull();
  await user.click(screen.getByRole("radio", { name: "Text or Markdown" }));
  expect(screen.getByText(/This looks like HTML/)).toBeDefined();
  await user.clear(screen.getByRole("textbox", { name: "Source" }));
  expect(screen.queryByText(/This looks like HTML/)).toBeNull();
});

test("an example is one click away while there is nothing, and what it makes is asked for", async () => {
  await serveLog(lesson);
  const user = renderApp("/");
  await user.click(await screen.findByRole("button", { name: "Start from an example" }));
  await waitFor(() => {
    expect(source()).toContain("# Why the sky is blue");
  });
  expect(screen.queryByRole("button", { name: "Start from an example" })).toBeNull();
});

test("options are saved under a name, chosen, renamed, found in the palette, deleted and brought back", async () => {
  await serveLog(lesson, {
    trouble: ({ url }, response) =>
      url.startsWith("/runs?") && json(response, { runs: [], next_cursor: null }),
  });
  const user = renderApp("/");
  await user.click(await screen.findByRole("radio", { name: /Portrait/ }));
  await user.click(screen.getByRole("button", { name: "Save these options …" }));
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "Phones{Enter}");
  const preset = await screen.findByRole<HTMLInputElement>("radio", { name: "Phones" });
  expect(preset.checked).toBe(true);
  await user.click(screen.getByRole("radio", { name: /Square/ }));
  expect(preset.checked).toBe(false);
  await user.click(preset);
  expect(screen.getByRole<HTMLInputElement>("radio", { name: /Portrait/ }).checked).toBe(true);
  await user.click(screen.getByRole("button", { name: "Rename …" }));
  const name = await screen.findByRole("textbox", { name: "Name" });
  await user.clear(name);
  await user.type(name, "Tall{Enter}");
  await user.click(screen.getByRole("radio", { name: /Square/ }));
  await user.click(screen.getByRole("button", { name: "Go to …" }));
  await user.type(await screen.findByRole("combobox", { name: "Search commands and runs" }), "tall{Enter}");
  await waitFor(() => {
    expect(screen.getByRole<HTMLInputElement>("radio", { name: /Portrait/ }).checked).toBe(true);
  });
  await user.click(screen.getByRole("button", { name: "Delete" }));
  expect(screen.queryByRole("radio", { name: "Tall" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Bring it back" }));
  expect(screen.getByRole("radio", { name: "Tall" })).toBeDefined();
});
