import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { lesson } from "@/test/logs";
import { serveLog } from "@/test/logServer";
import { renderApp } from "@/test/renderApp";

const MORE = "Opening and closing picture, WebM, preview";

test("what else a video can have goes with the request, and a picture can be taken back", async () => {
  const { seen } = await serveLog(lesson);
  const user = renderApp("/");
  await user.type(await screen.findByRole("textbox", { name: "Source" }), "# A");
  expect(screen.queryByText(MORE)).toBeNull();
  await user.click(screen.getByRole("checkbox", { name: "Video" }));
  await user.click(screen.getByText(MORE));
  const title = new File([new Uint8Array([1])], "title.png", { type: "image/png" });
  await user.upload(await screen.findByLabelText("In front"), title);
  await user.upload(screen.getByLabelText("Behind"), title);
  await screen.findByAltText("Behind the slides");
  await user.click(screen.getByRole("button", { name: "Remove the picture behind" }));
  await user.click(screen.getByRole("radio", { name: "25" }));
  await user.click(screen.getByRole("checkbox", { name: "WebM" }));
  await user.click(screen.getByRole("radio", { name: "GIF" }));
  await user.click(screen.getByRole("button", { name: "Generate" }));
  await waitFor(() => {
    expect(seen.some(({ url }) => url === "/generate-sse")).toBe(true);
  });
  const body: unknown = JSON.parse(seen.find(({ url }) => url === "/generate-sse")?.body ?? "");
  expect(body).toMatchObject({
    fps: 25,
    video_intro: "data:image/png;base64,AQ==",
    video_webm: true,
    video_preview: "gif",
  });
  expect(body).not.toHaveProperty("video_outro");
});

test("a picture that is too large is told at its field", async () => {
  await serveLog(lesson);
  const user = renderApp("/");
  await user.click(await screen.findByRole("checkbox", { name: "Video" }));
  await user.click(screen.getByText(MORE));
  const large = new File([new Uint8Array(1_500_001)], "l.png", { type: "image/png" });
  await user.upload(await screen.findByLabelText("In front"), large);
  expect((await screen.findByRole("alert")).textContent).toContain("1.5 MB");
});
