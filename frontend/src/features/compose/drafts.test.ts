import fc from "fast-check";
import { expect, test } from "vitest";
import { type Draft, emptyDraft, fromSpec, toRequest } from "./draft";
import { broughtBack, changed, type Drafts, filledIn, readFilled } from "./drafts";
import type { RunSource } from "./runSource";

const writing = (source: string): Draft => ({ ...emptyDraft, source });
const of = (source: string): Drafts => ({ draft: writing(source), filled: [], untouched: false });
const run = (name: string): RunSource => ({
  operationId: name,
  title: name,
  draft: writing(`text of ${name}`),
});

test("a run's source takes the place of what was written, and that comes back", () => {
  const after = filledIn(of("mine"), run("a"));
  expect(after.draft.source).toBe("text of a");
  expect(broughtBack(after)).toEqual(of("mine"));
});

test("what was written outlives a look at several runs, and an edited one is kept as well", () => {
  const looked = filledIn(filledIn(of("mine"), run("a")), run("b"));
  expect(broughtBack(looked).draft.source).toBe("mine");
  const edited = filledIn(changed(looked, { source: "b, edited" }), run("c"));
  expect(broughtBack(edited).draft.source).toBe("b, edited");
  expect(broughtBack(broughtBack(edited)).draft.source).toBe("mine");
});

test("nothing is offered where nothing was written", () => {
  expect(filledIn(of(" \n"), run("a")).filled).toEqual([{ operationId: "a", title: "a", before: null }]);
});

test("what is kept survives being stored, and whatever else stands there is passed over", () => {
  const { filled } = filledIn(of("mine"), run("a"));
  expect(readFilled(JSON.stringify(filled))).toEqual(filled);
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (stored) => {
      expect(Array.isArray(readFilled(stored))).toBe(true);
    }),
  );
});

test("a run that was filled in is asked for as it was, also what this screen has no place for", () => {
  const draft = fromSpec({
    html: "<p>x",
    text: null,
    viewport_width: 1280,
    viewport_height: 720,
    zoom: 1.5,
    max_screenshots: 7,
    overlap: 30,
    theme: "ink",
    image_quality: 85,
    system_prompt: "Be brief.",
    voice: "piper",
    output_name: null,
    outputs: ["images", "video"],
  });
  const asked = {
    html: "<p>x",
    zoom: 1.5,
    max_screenshots: 7,
    overlap: 30,
    theme: "ink",
    system_prompt: "Be brief.",
    voice: "piper",
    image_format: "png",
    outputs: ["images", "video"],
  };
  expect(toRequest(draft)).toEqual({ ...asked, viewport_width: 1280, viewport_height: 720 });
  const square = { ...draft, size: "1080x1080", voice: "auto" } as const;
  expect(toRequest(square)).toEqual({
    ...asked,
    voice: "auto",
    viewport_width: 1080,
    viewport_height: 1080,
  });
});
