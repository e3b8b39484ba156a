import fc from "fast-check";
import { expect, test } from "vitest";
import {
  FITS,
  FORMATS,
  OUTPUTS,
  PDF_LAYOUTS,
  PDF_NOTES,
  PNG_MODES,
  PPTX_MODES,
  SIZES,
  TRANSITIONS,
  VOICES,
} from "@/api/choices";
import {
  countMore,
  draftField,
  emptyDraft,
  findProblems,
  KINDS,
  moreOf,
  readDraft,
  toRequest,
  withField,
  withMore,
} from "./draft";

const anyDraft = fc.record({
  kind: fc.constantFrom(...KINDS),
  source: fc.string(),
  title: fc.string(),
  theme: fc.constantFrom("auto", "plum", "our-own-2"),
  size: fc.constantFrom(...(Object.keys(SIZES) as (keyof typeof SIZES)[])),
  zoom: fc.string(),
  maxSlides: fc.string(),
  imageFormat: fc.constantFrom(...FORMATS),
  pngMode: fc.constantFrom(...PNG_MODES),
  fit: fc.constantFrom(...FITS),
  pdfLayout: fc.constantFrom(...PDF_LAYOUTS),
  pdfNotes: fc.constantFrom(...PDF_NOTES),
  pptxMode: fc.constantFrom(...PPTX_MODES),
  voice: fc.constantFrom(...VOICES),
  transition: fc.constantFrom(...TRANSITIONS),
  slideSeconds: fc.string(),
  outputs: fc.subarray([...OUTPUTS]),
  more: fc.constantFrom({}, { overlap: 30 }, { lane: "slow", system_prompt: "Be brief." }),
});

test("numbers may be typed in the digits of any script", () => {
  const typed = { ...emptyDraft, source: "x", maxSlides: "٢٥", zoom: "१.५" };
  expect(findProblems(typed)).toEqual([]);
  expect(toRequest(typed)).toMatchObject({ max_screenshots: 25, zoom: 1.5 });
  expect(findProblems({ ...typed, maxSlides: "٢.٥" }).map(({ field }) => field)).toEqual(["maxSlides"]);
});

test("small PNG files are asked for where there are PNG files, and a plain request says nothing of them", () => {
  expect(toRequest({ ...emptyDraft, pngMode: "size" })).toMatchObject({ png_mode: "size" });
  expect(toRequest(emptyDraft)).not.toHaveProperty("png_mode");
  expect(toRequest({ ...emptyDraft, imageFormat: "jpeg", pngMode: "size" })).not.toHaveProperty("png_mode");
});

test("what is too wide and how a PDF is laid out is said where it is not as usual, and matters", () => {
  const pdf = { ...emptyDraft, outputs: ["pdf" as const] };
  expect(toRequest({ ...pdf, fit: "clip", pdfLayout: "document" })).toMatchObject({
    fit: "clip",
    pdf_layout: "document",
  });
  for (const usual of [toRequest(pdf), toRequest({ ...emptyDraft, pdfLayout: "document" })]) {
    expect(usual).not.toHaveProperty("pdf_layout");
    expect(usual).not.toHaveProperty("fit");
  }
});

test("how a presentation is made is said where it is not to be edited, and there is one", () => {
  const pptx = { ...emptyDraft, outputs: ["pptx" as const] };
  expect(toRequest({ ...pptx, pptxMode: "both" })).toMatchObject({ pptx_mode: "both" });
  expect(toRequest(pptx)).not.toHaveProperty("pptx_mode");
  expect(toRequest({ ...emptyDraft, pptxMode: "exact" })).not.toHaveProperty("pptx_mode");
});

test("who speaks and how slides change is said of a video alone", () => {
  const spoken = { ...emptyDraft, voice: "auto" as const, transition: "fade" as const };
  const more = { fps: 25, video_webm: true, video_intro: "data:image/png;base64,AAAA", footer: "Us" };
  expect(toRequest({ ...spoken, more, outputs: ["video"] })).toMatchObject(more);
  expect(toRequest({ ...spoken, more, outputs: ["pdf"] })).not.toHaveProperty("video_intro");
  expect(toRequest({ ...spoken, more, outputs: ["pdf"] })).toMatchObject({ footer: "Us" });
  expect(draftField("video_intro")).toBe("more");
  expect(toRequest({ ...spoken, outputs: ["video"] })).toMatchObject({ voice: "auto", transition: "fade" });
  for (const other of [toRequest(spoken), toRequest({ ...emptyDraft, outputs: ["video"] })]) {
    expect(other).not.toHaveProperty("voice");
    expect(other).not.toHaveProperty("transition");
  }
});

test("a draft survives being stored", () => {
  fc.assert(
    fc.property(anyDraft, (draft) => {
      expect(readDraft(JSON.stringify(draft))).toEqual(draft);
    }),
  );
});

test("whatever stands in the storage, a usable draft comes out", () => {
  const anything = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ outputs: fc.anything(), kind: fc.anything() }).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.option(anything), (stored) => {
      const draft = readDraft(stored ?? null);
      expect(Object.keys(draft).sort()).toEqual(Object.keys(emptyDraft).sort());
      expect(draft.theme).toMatch(/^[a-z][a-z0-9-]*$/);
    }),
  );
});

test("a request holds one source and the pixels of the chosen size", () => {
  expect(toRequest({ ...emptyDraft, kind: "html", source: "<p>", size: "1080x1920", title: "  " })).toEqual({
    html: "<p>",
    zoom: 2.1,
    max_screenshots: 50,
    viewport_width: 1080,
    viewport_height: 1920,
    image_format: "png",
    outputs: ["images"],
  });
});

test("a size of one's own gives way to one that is chosen by its name, and is one where it has that size", () => {
  const own = { ...emptyDraft, ...withMore({ viewport_width: 1280, viewport_height: 720, overlap: 30 }) };
  expect(toRequest(own)).toMatchObject({ viewport_width: 1280, viewport_height: 720, overlap: 30 });
  expect(toRequest({ ...own, size: "1080x1080" })).toMatchObject({ viewport_width: 1080 });
  expect(toRequest({ ...own, size: "1920x1080" })).not.toHaveProperty("viewport_width");
  const square = withMore({ viewport_width: 1080, viewport_height: 1080 });
  expect(square).toEqual({ size: "1080x1080", more: {} });
  expect(moreOf({ ...emptyDraft, ...square })).toMatchObject({ viewport_height: 1080 });
});

test("what is set beside the usual is counted, and no longer when it is as usual again", () => {
  const more = withField(withField({ footer: "7b" }, "lane", "slow"), "use_cache", false);
  expect(more).toEqual({ footer: "7b", lane: "slow", use_cache: false });
  expect(countMore(more)).toBe(2);
  expect(withField(withField(more, "use_cache", true), "lane", null)).toEqual({ footer: "7b" });
});

test("problems that need no server are found: empty, too long, zoom out of range, nothing to make", () => {
  const found = (change: Partial<typeof emptyDraft>): string[] =>
    findProblems({ ...emptyDraft, source: "x", ...change }).map(({ field }) => field);
  expect(found({})).toEqual([]);
  expect(found({ source: " \n" })).toEqual(["source"]);
  expect(found({ source: "x".repeat(400_001) })).toEqual(["source"]);
  expect(found({ source: "😀".repeat(400_000) })).toEqual([]);
  expect(found({ kind: "html", source: "é".repeat(2_500_001) })).toEqual(["source"]);
  expect(found({ zoom: "0.4", outputs: [] })).toEqual(["zoom", "outputs"]);
  expect(["0", "501", "1.5", "", "500", " 7 "].map((maxSlides) => found({ maxSlides }).length)).toEqual([
    1, 1, 1, 1, 0, 0,
  ]);
  expect(found({ zoom: "1,5" })).toEqual(["zoom"]);
});

test("a field of the wire is found on the screen, also when an item of it is meant", () => {
  expect(["text", "html", "outputs.0", "viewport_width", "lane", "novelty"].map(draftField)).toEqual([
    "source",
    "source",
    "outputs",
    "more",
    "more",
    undefined,
  ]);
});

test("notes are said of a PDF of slides, and the seconds of a slide of a video, as typed", () => {
  const draft = { ...emptyDraft, pdfNotes: "pages" as const, slideSeconds: " 7.5 " };
  const both = { ...draft, outputs: ["pdf" as const, "video" as const] };
  expect(toRequest(both)).toMatchObject({ pdf_notes: "pages", slide_seconds: 7.5 });
  expect(toRequest({ ...both, pdfLayout: "document" })).not.toHaveProperty("pdf_notes");
  expect(toRequest(draft)).not.toHaveProperty("slide_seconds");
  expect(toRequest({ ...both, slideSeconds: "" })).not.toHaveProperty("slide_seconds");
  const wrong = findProblems({ ...both, source: "x", slideSeconds: "0.5" });
  expect(wrong.map(({ field }) => field)).toEqual(["slideSeconds"]);
  expect(draftField("slide_seconds")).toBe("slideSeconds");
});
