/** What a preview is asked of a draft, and which slide and which line of the text belong together. Pure. */
import { t, plural } from "@lingui/core/macro";
import type { GenerateRequest, PreviewAnswer } from "@/api/types";
import { FILM_FIELDS } from "@/components/film";
import { dotted, formatDuration, slideCount } from "@/lib/format";
import { type Draft, findProblems, toRequest } from "./draft";

/** Names of files, kinds of them, who is told. */
const NOT_SEEN: ReadonlySet<string> = new Set([
  "image_format",
  "image_quality",
  "lane",
  "on_busy",
  "on_disconnect",
  "outputs",
  "output_name",
  "pdf_layout",
  "pdf_notes",
  "png_mode",
  "pptx_mode",
  "priority",
  "require_coverage",
  "slide_seconds",
  "transition",
  "voice",
  "voice_rate",
  "webhook_url",
  ...FILM_FIELDS,
] satisfies (keyof GenerateRequest)[]);

/** The request of a draft without what no slide shows, so that it is not asked anew for that; null: not yet. */
export function previewRequest(draft: Draft): GenerateRequest | null {
  if (findProblems({ ...draft, outputs: ["images"] }).length > 0) return null;
  const seen = Object.entries(toRequest(draft)).filter(([name]) => !NOT_SEEN.has(name));
  return Object.fromEntries(seen);
}

type Slides = PreviewAnswer["slides"];

/** The slide on which that line of the source is, by its place from 0; -1: none. */
export function slideOfLine(slides: Slides, line: number): number {
  let found = slides.length > 0 ? 0 : -1;
  for (const [at, slide] of slides.entries()) {
    if (slide.line !== null && slide.line <= line) found = at;
  }
  return found;
}

/** Where in the source that line begins, from 1; its end where it has not so many. */
export function placeOfLine(source: string, line: number): number {
  let place = 0;
  for (let number = 1; number < line; number += 1) {
    const end = source.indexOf("\n", place);
    if (end < 0) return place;
    place = end + 1;
  }
  return place;
}

/** The line of the source at that place, from 1. */
export function lineAt(source: string, place: number): number {
  let line = 1;
  for (let end = source.indexOf("\n"); end >= 0 && end < place; end = source.indexOf("\n", end + 1))
    line += 1;
  return line;
}

/** "12 slides · as pictures 6.0 s to 9.0 s" */
export function figures({
  slide_count,
  truncated,
  estimated_total_s,
  estimated_total_p75_s,
}: PreviewAnswer): string {
  const slides = truncated
    ? plural(slide_count, { one: "the first # slide", other: "the first # slides" })
    : slideCount(slide_count);
  if (estimated_total_s === null || estimated_total_p75_s === null) return slides;
  const [from, to] = [formatDuration(estimated_total_s), formatDuration(estimated_total_p75_s)];
  return dotted(slides, from === to ? t`as pictures about ${from}` : t`as pictures ${from} to ${to}`);
}
