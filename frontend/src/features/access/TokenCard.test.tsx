import { screen, waitFor } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { access } from "@/api/access";
import { problem, type Seen, serveLog, type Trouble } from "@/test/logServer";
import { lesson, OPERATION_ID } from "@/test/logs";
import { renderApp } from "@/test/renderApp";

const RIGHT = "pressrun_right";

/** A server that knows one token. */
const locked: Trouble = (one, response, requests) =>
  one.headers.authorization === `Bearer ${RIGHT}`
    ? false
    : problem(401, "A token is needed.")(one, response, requests);

async function signIn(user: UserEvent, token: string): Promise<void> {
  const field = await screen.findByLabelText("Token");
  await user.clear(field);
  await user.type(field, `${token}{Enter}`);
}

const path = `/runs/${OPERATION_ID}`;
const bearers = (seen: readonly Seen[], url: string): (string | undefined)[] =>
  seen.filter((each) => each.url.startsWith(url)).map(({ headers }) => headers.authorization);

test("a 401 asks for the token, and with it the stream, the pictures and the list are there", async () => {
  const { seen } = await serveLog(lesson, { trouble: locked });
  const user = renderApp(path);
  await screen.findByRole("heading", { name: "This server asks for a token" });
  await signIn(user, RIGHT);
  expect(await screen.findByRole("heading", { name: "A lesson" })).toBeDefined();
  expect(bearers(seen, `${path}/events`).at(-1)).toBe(`Bearer ${RIGHT}`);
  expect(sessionStorage.getItem("pressrun.token")).toBe(RIGHT);
  expect(seen.every(({ url, headers }) => !url.includes(RIGHT) && headers.cookie === undefined)).toBe(true);
});

test("a token the server does not know is said to be unknown, and is not kept", async () => {
  await serveLog(lesson, { trouble: locked });
  const user = renderApp("/runs");
  await signIn(user, "pressrun_wrong");
  expect(await screen.findByText(/does not know this token/)).toBeDefined();
  expect(screen.getByLabelText("Token").getAttribute("aria-invalid")).toBe("true");
  expect(sessionStorage.getItem("pressrun.token")).toBeNull();
  await signIn(user, RIGHT);
  expect(await screen.findByText(/Nothing has been made yet/)).toBeDefined();
});

test("what was typed before the server asked is still there afterwards", async () => {
  await serveLog(lesson, { trouble: (one, ...rest) => one.method === "POST" && locked(one, ...rest) });
  const user = renderApp("/");
  await user.type(await screen.findByRole("textbox", { name: "Source" }), "my own text");
  await user.click(screen.getByRole("button", { name: "Generate" }));
  await signIn(user, RIGHT);
  expect(await screen.findByDisplayValue("my own text")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Generate" }));
  expect(await screen.findByText("Complete")).toBeDefined();
});

test("signing out forgets the token and everything that was shown", async () => {
  await serveLog(lesson, { trouble: locked });
  const user = renderApp(path);
  await signIn(user, RIGHT);
  await screen.findByRole("heading", { name: "A lesson" });
  await user.click(screen.getByRole("button", { name: "Sign out" }));
  expect(screen.getByRole("heading", { name: "Signed out" })).toBeDefined();
  expect(screen.queryByText("A lesson")).toBeNull();
  expect(sessionStorage.getItem("pressrun.token")).toBeNull();
});

test("with a token, pictures and files are fetched with it and released, and no document opens unsandboxed", async () => {
  const { seen } = await serveLog(lesson, {
    trouble: (one, response, requests) => {
      if (locked(one, response, requests)) return true;
      if (!one.url.includes("/files/")) return false;
      response.writeHead(200, { "Content-Type": "image/png" }).end("png");
      return true;
    },
  });
  access.enter(RIGHT);
  const user = renderApp(path);
  await user.click(await screen.findByRole("button", { name: "Open slide 2" }));
  const picture = await waitFor(() => {
    const large = document.querySelector<HTMLImageElement>("dialog img");
    expect(large?.src).toMatch(/^blob:/);
    return large;
  });
  expect(bearers(seen, `${path}/files/slides/0002.png`)).toContain(`Bearer ${RIGHT}`);
  const released: string[] = [];
  const revoke = URL.revokeObjectURL.bind(URL);
  URL.revokeObjectURL = (url) => {
    released.push(url);
    revoke(url);
  };
  try {
    await user.click(screen.getByRole("button", { name: "Close" }));
    await waitFor(() => {
      expect(released).toContain(picture?.src);
    });
  } finally {
    URL.revokeObjectURL = revoke;
  }
  await user.click(screen.getByRole("tab", { name: /Files/ }));
  expect(await screen.findByRole("button", { name: "Download document.html" })).toBeDefined();
  expect(screen.queryByRole("link", { name: /Open document.html/ })).toBeNull();
});

test("a token goes to this server's own paths only", () => {
  access.enter(RIGHT);
  expect(access.tokenFor("/runs")).toBe(RIGHT);
  for (const url of [
    "https://elsewhere.example/",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "runs",
    "/\t/x",
  ]) {
    expect(access.tokenFor(url)).toBeNull();
  }
});
