import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { lesson } from "@/test/logs";
import { serveLog } from "@/test/logServer";
import { renderApp } from "@/test/renderApp";

test("theme, accent, footer, logo and page numbers go with the request; what is not said stays away", async () => {
  const { seen } = await serveLog(lesson);
  const user = renderApp("/");
  await user.type(await screen.findByRole("textbox", { name: "Source" }), "# A");
  await user.click(screen.getByText("Brand, footer, page numbers"));
  await user.type(await screen.findByRole("textbox", { name: "Footer" }), "7b");
  await user.click(screen.getByRole("radio", { name: "On" }));
  await user.click(screen.getByRole("radio", { name: /Plum/ }));
  await user.click(screen.getByRole("radio", { name: /Top to bottom/ }));
  const logo = new File([new Uint8Array([1])], "logo.png", { type: "image/png" });
  await user.upload(screen.getByLabelText("Logo"), logo);
  await screen.findByAltText("Your logo");
  await user.click(screen.getByRole("button", { name: "Generate" }));
  await waitFor(() => {
    expect(seen.some(({ url }) => url === "/generate-sse")).toBe(true);
  });
  const body: unknown = JSON.parse(seen.find(({ url }) => url === "/generate-sse")?.body ?? "");
  expect(body).toMatchObject({
    theme: "plum",
    footer: "7b",
    page_numbers: true,
    writing_mode: "vertical",
    brand_logo: "data:image/png;base64,AQ==",
  });
  expect(body).not.toHaveProperty("brand_accent");
  expect(body).not.toHaveProperty("viewport_width");
});

test("a logo that is too large is told at its field", async () => {
  await serveLog(lesson);
  const user = renderApp("/");
  await user.click(await screen.findByText("Brand, footer, page numbers"));
  await user.upload(
    await screen.findByLabelText("Logo"),
    new File([new Uint8Array(500_001)], "l.png", { type: "image/png" }),
  );
  expect((await screen.findByRole("alert")).textContent).toContain("500 kB");
});
