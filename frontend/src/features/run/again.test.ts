import { expect, test } from "vitest";
import { changes, findProblems, fromSpec } from "./again";

const spec = {
  zoom: 2.1,
  viewport_width: 800,
  viewport_height: 600,
  image_format: "png",
  outputs: ["images", "pdf"],
} as const;
const before = { ...spec, outputs: [...spec.outputs] };

test("as it was means that nothing is said", () => {
  expect(changes(fromSpec(before), before)).toEqual({});
});

test("only what differs is said", () => {
  const again = { ...fromSpec(before), size: "1080x1080", imageFormat: "jpeg", outputs: ["pdf"] } as const;
  expect(changes({ ...again, outputs: [...again.outputs] }, before)).toEqual({
    viewport_width: 1080,
    viewport_height: 1080,
    image_format: "jpeg",
    outputs: ["pdf"],
  });
});

test("a PDF as a document and another way with what is too wide are said", () => {
  const again = { ...fromSpec(before), fit: "split", pdfLayout: "document" } as const;
  expect(changes(again, before)).toEqual({ fit: "split", pdf_layout: "document" });
  expect(changes({ ...again, fit: "shrink", outputs: ["images"] }, before)).toEqual({ outputs: ["images"] });
});

test("another way to make a presentation is said where there is one", () => {
  const again = { ...fromSpec(before), pptxMode: "exact", outputs: ["pptx" as const] } as const;
  expect(changes({ ...again, outputs: [...again.outputs] }, before)).toEqual({
    pptx_mode: "exact",
    outputs: ["pptx"],
  });
  expect(changes({ ...again, outputs: ["images"] }, before)).toEqual({ outputs: ["images"] });
});

test("another voice and transition are said of a video", () => {
  const again = {
    ...fromSpec(before),
    voice: "auto",
    transition: "fade",
    outputs: ["video" as const],
  } as const;
  expect(changes({ ...again, outputs: [...again.outputs] }, before)).toEqual({
    voice: "auto",
    transition: "fade",
    outputs: ["video"],
  });
  expect(changes({ ...again, outputs: ["images", "pdf"] }, before)).toEqual({});
});

test("what else of a video is otherwise is said, and nothing that is as usual", () => {
  const film = { ...before, fps: 25, video_intro: "a.png", outputs: ["video" as const] };
  expect(
    changes({ ...fromSpec(film), film: { ...film, video_intro: null, video_webm: false } }, film),
  ).toEqual({
    video_intro: null,
  });
  expect(
    changes({ ...fromSpec(film), film: { video_preview: "gif", fps: 25, video_intro: "a.png" } }, film),
  ).toEqual({
    video_preview: "gif",
  });
});

test("what cannot be is found before it is sent", () => {
  expect(Object.keys(findProblems({ ...fromSpec(before), zoom: "11", outputs: [] }))).toEqual([
    "zoom",
    "outputs",
  ]);
});

test("notes and seconds are said where they differ, and seconds can be taken back", () => {
  const again = {
    ...fromSpec({ ...before, slide_seconds: 5, outputs: ["pdf", "video"] }),
    pdfNotes: "pages" as const,
    slideSeconds: "",
  };
  const spec = { ...before, slide_seconds: 5, outputs: ["pdf" as const, "video" as const] };
  expect(changes(again, spec)).toEqual({ pdf_notes: "pages", slide_seconds: null });
  expect(Object.keys(findProblems({ ...again, slideSeconds: "4000" }))).toEqual(["slideSeconds"]);
});
