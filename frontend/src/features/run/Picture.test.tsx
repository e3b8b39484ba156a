import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { reach } from "@/api/reach";
import { problem, serveLog, type Trouble } from "@/test/logServer";
import { lesson } from "@/test/logs";
import { Picture } from "./Picture";

const slide = {
  seq: 5,
  index: 1,
  filename: "slides/0001.png",
  url: "/runs/x/files/slides/0001.png",
  width: 1920,
  height: 1080,
  size_bytes: 1,
};
const shown = (): HTMLImageElement | null => document.querySelector("img");

function failNow(): void {
  const image = shown();
  if (image === null) throw new Error("nothing to fail");
  fireEvent.error(image);
}

const away: Trouble = (_, response) => {
  response.destroy();
  return true;
};

/** The browser could not load the picture; then it is asked for again at once, instead of after a while. */
async function fails(again: () => void): Promise<void> {
  failNow();
  await waitFor(() => {
    expect(shown()).toBeNull(); // no broken picture, and not given up either
  });
  again();
  await waitFor(() => {
    expect(shown() ?? screen.queryByText("No longer there")).not.toBeNull();
  });
}

const restored = (): void => {
  reach.restored();
};

test("a picture that nobody answers for is never said to be gone, and comes when the server is back", async () => {
  await serveLog(lesson, { trouble: away });
  render(<Picture slide={slide} settled />);
  for (let n = 0; n < 12; n += 1) await fails(restored);
  expect(screen.queryByText("No longer there")).toBeNull();
  expect(shown()?.getAttribute("src")).toBe(slide.url);
});

test("while the run goes on, a picture that is not there may still come; at its end it is asked for anew", async () => {
  await serveLog(lesson, { trouble: problem(404, "not yet") });
  const { rerender } = render(<Picture slide={slide} settled={false} />);
  for (let n = 0; n < 8; n += 1) await fails(restored);
  failNow();
  await waitFor(() => {
    expect(shown()).toBeNull();
  });
  rerender(<Picture slide={slide} settled />);
  expect(shown()).not.toBeNull();
});

test.each([404, 410])(
  "only a %i after the run's end, again and again, says that it is gone",
  async (status) => {
    const { seen } = await serveLog(lesson, { trouble: problem(status, "gone") });
    render(<Picture slide={slide} settled />);
    for (let n = 0; n < 4; n += 1) await fails(restored);
    expect(screen.queryByText("No longer there")).toBeNull();
    failNow();
    expect(await screen.findByText("No longer there")).toBeDefined();
    expect(new Set(seen.map(({ method }) => method))).toEqual(new Set(["HEAD"]));
  },
);
