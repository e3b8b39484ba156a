/** What a person has typed and chosen, before it is a request. Pure. */
import { t } from "@lingui/core/macro";
import {
  AS_IT_WAS,
  FITS,
  FORMATS,
  isSeconds,
  isZoom,
  MOST_SLIDES,
  OUTPUTS,
  PDF_LAYOUTS,
  PDF_NOTES,
  PNG_MODES,
  PPTX_MODES,
  secondsAdvice,
  secondsOf,
  type Size,
  sizeOf,
  SIZES,
  TRANSITIONS,
  VOICES,
  zoomAdvice,
} from "@/api/choices";
import { DEFAULTS, SOURCES } from "@/api/tables.gen";
import type {
  Fit,
  GenerateRequest,
  ImageFormat,
  Output,
  PdfLayout,
  PdfNotes,
  PngMode,
  PptxMode,
  RunSpec,
  Transition,
  Voice,
} from "@/api/types";

import { FILM_FIELDS, filmChanges } from "@/components/film";
import { type Words } from "@/lib/language";
import { number } from "@/lib/format";
import { readNumber } from "@/lib/readNumber";

/** No theme: the one that the text names, else the server's default. */
export const AUTO_THEME = "auto";
const isTheme = (value: string): boolean => /^[a-z][a-z0-9-]{0,39}$/.test(value);

/** What the source is: the field that carries it. */
export type Kind = (typeof SOURCES)[number]["field"];
export const KINDS: readonly Kind[] = SOURCES.map(({ field }) => field);

interface SourceKind {
  readonly field: Kind;
  readonly label: Words;
  readonly endings: readonly string[];
  readonly max_characters: number | null;
  readonly max_bytes: number | null;
}

/** Its row of the server's table. */
export const sourceKind = (kind: Kind): SourceKind =>
  SOURCES.find(({ field }) => field === kind) ?? SOURCES[0];

export interface Draft {
  kind: Kind;
  source: string;
  title: string;
  theme: string;
  size: Size | typeof AS_IT_WAS;
  /** As typed; the server says what is wrong with it. */
  zoom: string;
  /** As typed. */
  maxSlides: string;
  imageFormat: ImageFormat;
  /** Counts for PNG only. */
  pngMode: PngMode;
  /** What is wider than a slide. */
  fit: Fit;
  /** Counts for a PDF only. */
  pdfLayout: PdfLayout;
  pdfNotes: PdfNotes;
  pptxMode: PptxMode;
  /** These three count for a video only. */
  voice: Voice;
  transition: Transition;
  /** As typed. */
  slideSeconds: string;
  outputs: Output[];
  /** Fields that are seldom asked for, as the wire has them, where they are not as usual. */
  more: More;
}

export type More = Partial<GenerateRequest>;

export const emptyDraft: Draft = {
  kind: "text",
  source: "",
  title: "",
  theme: AUTO_THEME,
  size: "1920x1080",
  zoom: "2.1",
  maxSlides: "50",
  imageFormat: "png",
  pngMode: "speed",
  fit: "shrink",
  pdfLayout: "slides",
  pdfNotes: "none",
  pptxMode: "editable",
  voice: "none",
  transition: "cut",
  slideSeconds: "",
  outputs: ["images"],
  more: {},
};

const ON_SCREEN = [
  "title",
  "theme",
  "zoom",
  "max_screenshots",
  "image_format",
  "png_mode",
  "fit",
  "pdf_layout",
  "pdf_notes",
  "pptx_mode",
  "voice",
  "transition",
  "slide_seconds",
  "outputs",
] as const satisfies readonly (keyof GenerateRequest)[];
const BRAND = [
  "brand_accent",
  "brand_logo",
  "footer",
  "page_numbers",
  "writing_mode",
] as const satisfies readonly (keyof GenerateRequest)[];

/** What stands under "Everything else" (moreRows.ts): each field of a request that has no place before it. */
export type MoreName = Exclude<
  keyof GenerateRequest,
  Kind | (typeof ON_SCREEN)[number] | (typeof BRAND)[number] | (typeof FILM_FIELDS)[number]
>;

const OWN_FIELD: ReadonlySet<string> = new Set([...KINDS, ...ON_SCREEN]);
const ELSEWHERE: ReadonlySet<string> = new Set([...OWN_FIELD, ...BRAND, ...FILM_FIELDS]);
const isMore = (name: string): boolean => Object.hasOwn(DEFAULTS, name) && !ELSEWHERE.has(name);

/** How many fields under "Everything else" are not as usual; the size has its own place, too. */
export const countMore = (more: More): number =>
  Object.keys(more).filter((name) => isMore(name) && !name.startsWith("viewport_")).length;

/** `more` with one of its fields changed; what is as usual is left out. */
export function withField(more: More, name: MoreName, value: unknown): More {
  return unshown({ ...more, [name]: value });
}

/** Of an object of whatever origin what is a field of a request, is no field of a draft and is not as usual. */
export function unshown(value: unknown): More {
  if (typeof value !== "object" || value === null) return {};
  const usual: Readonly<Record<string, unknown>> = DEFAULTS;
  const kept = Object.entries(value).filter(
    ([name, is]) =>
      Object.hasOwn(usual, name) &&
      !OWN_FIELD.has(name) &&
      is != null &&
      JSON.stringify(is) !== JSON.stringify(usual[name]),
  );
  return Object.fromEntries(kept);
}

/** The most that a source may have, and of what. */
export function limitOf(kind: Kind): { most: number; unit: "characters" | "bytes" } {
  const { max_characters, max_bytes } = sourceKind(kind);
  if (max_characters !== null) return { most: max_characters, unit: "characters" };
  return { most: max_bytes ?? Infinity, unit: "bytes" };
}

const oneOf = <T extends string>(values: readonly T[], value: unknown, fallback: T): T =>
  values.find((candidate) => candidate === value) ?? fallback;

const text = (value: unknown, fallback: string): string => (typeof value === "string" ? value : fallback);

/** A draft from storage; whatever an older version, or somebody else, left there falls back field by field. */
export function readDraft(stored: string | null): Draft {
  let value: unknown;
  try {
    value = JSON.parse(stored ?? "null");
  } catch {
    return emptyDraft;
  }
  if (typeof value !== "object" || value === null) return emptyDraft;
  const from = value as Partial<Record<keyof Draft, unknown>>;
  const chosen: unknown[] = Array.isArray(from.outputs) ? from.outputs : emptyDraft.outputs;
  return {
    kind: oneOf(KINDS, from.kind, emptyDraft.kind),
    source: text(from.source, ""),
    title: text(from.title, ""),
    theme: isTheme(text(from.theme, "")) ? text(from.theme, "") : emptyDraft.theme,
    size: oneOf([...(Object.keys(SIZES) as Size[]), AS_IT_WAS], from.size, emptyDraft.size),
    zoom: text(from.zoom, emptyDraft.zoom),
    maxSlides: text(from.maxSlides, emptyDraft.maxSlides),
    imageFormat: oneOf(FORMATS, from.imageFormat, emptyDraft.imageFormat),
    pngMode: oneOf(PNG_MODES, from.pngMode, emptyDraft.pngMode),
    fit: oneOf(FITS, from.fit, emptyDraft.fit),
    pdfLayout: oneOf(PDF_LAYOUTS, from.pdfLayout, emptyDraft.pdfLayout),
    pdfNotes: oneOf(PDF_NOTES, from.pdfNotes, emptyDraft.pdfNotes),
    pptxMode: oneOf(PPTX_MODES, from.pptxMode, emptyDraft.pptxMode),
    voice: oneOf(VOICES, from.voice, emptyDraft.voice),
    transition: oneOf(TRANSITIONS, from.transition, emptyDraft.transition),
    slideSeconds: text(from.slideSeconds, emptyDraft.slideSeconds),
    outputs: OUTPUTS.filter((output) => chosen.includes(output)),
    more: unshown(from.more),
  };
}

export function toRequest(draft: Draft): GenerateRequest {
  const title = draft.title.trim();
  const makesVideo = draft.outputs.includes("video");
  return {
    ...withoutFilm(withoutNamedSize(draft.more, draft.size)),
    ...(makesVideo && filmChanges(draft.more)),
    [draft.kind]: draft.source,
    ...(title !== "" && { title }),
    ...(draft.theme !== AUTO_THEME && { theme: draft.theme }),
    zoom: readNumber(draft.zoom),
    max_screenshots: readNumber(draft.maxSlides),
    ...pixels(draft),
    image_format: draft.imageFormat,
    // Defaults are left to the server, so that a server that does not know the field takes the request.
    ...(draft.imageFormat === "png" && draft.pngMode !== "speed" && { png_mode: draft.pngMode }),
    ...(draft.fit !== "shrink" && { fit: draft.fit }),
    ...(draft.outputs.includes("pdf") && draft.pdfLayout !== "slides" && { pdf_layout: draft.pdfLayout }),
    ...(draft.outputs.includes("pdf") &&
      draft.pdfLayout === "slides" &&
      draft.pdfNotes !== "none" && { pdf_notes: draft.pdfNotes }),
    ...(draft.outputs.includes("pptx") && draft.pptxMode !== "editable" && { pptx_mode: draft.pptxMode }),
    ...(makesVideo && {
      ...(draft.voice !== "none" && { voice: draft.voice }),
      ...(draft.transition !== "cut" && { transition: draft.transition }),
      ...(draft.slideSeconds.trim() !== "" && { slide_seconds: secondsOf(draft.slideSeconds) }),
    }),
    outputs: draft.outputs,
  };
}

function withoutFilm(more: More): More {
  const film: ReadonlySet<string> = new Set(FILM_FIELDS);
  return Object.fromEntries(Object.entries(more).filter(([name]) => !film.has(name)));
}

function pixels({ size, more }: Draft): Pick<GenerateRequest, "viewport_width" | "viewport_height"> {
  if (size === emptyDraft.size) return {}; // what is not said the text may say
  if (size !== AS_IT_WAS) return { viewport_width: SIZES[size].width, viewport_height: SIZES[size].height };
  const { viewport_width = DEFAULTS.viewport_width, viewport_height = DEFAULTS.viewport_height } = more;
  return { viewport_width, viewport_height };
}

/** A run's spec as a draft. */
export function fromSpec(spec: RunSpec): Draft {
  const size = sizeOf(spec);
  const kind = KINDS.find((name) => spec[name] != null) ?? emptyDraft.kind;
  return {
    kind,
    source: spec[kind] ?? "",
    title: spec.title ?? "",
    theme: spec.theme ?? emptyDraft.theme,
    size,
    zoom: String(spec.zoom ?? emptyDraft.zoom),
    maxSlides: String(spec.max_screenshots ?? emptyDraft.maxSlides),
    imageFormat: spec.image_format ?? emptyDraft.imageFormat,
    pngMode: spec.png_mode ?? emptyDraft.pngMode,
    fit: spec.fit ?? emptyDraft.fit,
    pdfLayout: spec.pdf_layout ?? emptyDraft.pdfLayout,
    pdfNotes: spec.pdf_notes ?? emptyDraft.pdfNotes,
    pptxMode: spec.pptx_mode ?? emptyDraft.pptxMode,
    voice: spec.voice ?? emptyDraft.voice,
    transition: spec.transition ?? emptyDraft.transition,
    slideSeconds: String(spec.slide_seconds ?? ""),
    outputs: OUTPUTS.filter((output) => (spec.outputs ?? emptyDraft.outputs).includes(output)),
    more: withoutNamedSize(unshown(spec), size),
  };
}

/** What "Everything else" shows: the size that is chosen, too. */
export const moreOf = ({ more, size }: Draft): More =>
  size === AS_IT_WAS
    ? more
    : { ...more, viewport_width: SIZES[size].width, viewport_height: SIZES[size].height };

/** The draft with what was chosen there; a size that has a name is chosen by it. */
export function withMore(more: More): Pick<Draft, "size" | "more"> {
  const size = sizeOf({ ...DEFAULTS, ...more } as RunSpec);
  return { size, more: withoutNamedSize(more, size) };
}

function withoutNamedSize(more: More, size: Draft["size"]): More {
  if (size === AS_IT_WAS) return more;
  return Object.fromEntries(Object.entries(more).filter(([name]) => !name.startsWith("viewport_")));
}

export interface DraftProblem {
  field: keyof Draft;
  message: string;
}

/** What can be told without asking the server; the server remains the judge of everything else. */
export function findProblems(draft: Draft): DraftProblem[] {
  const problems: DraftProblem[] = [];
  if (draft.source.trim() === "") {
    problems.push({ field: "source", message: t`Write something, or drop a file here.` });
  }
  const size = sourceSize(draft);
  const { most, unit } = limitOf(draft.kind);
  if (size > most) {
    problems.push({
      field: "source",
      message:
        unit === "bytes"
          ? t`This is ${number(size)} bytes long; at most ${number(most)} are taken.`
          : t`This is ${number(size)} characters long; at most ${number(most)} are taken.`,
    });
  }
  if (!isZoom(draft.zoom)) problems.push({ field: "zoom", message: zoomAdvice() });
  const slides = readNumber(draft.maxSlides);
  if (!Number.isInteger(slides) || slides < 1 || slides > MOST_SLIDES) {
    problems.push({ field: "maxSlides", message: t`A whole number from 1 to ${MOST_SLIDES}.` });
  }
  if (draft.outputs.includes("video") && !isSeconds(draft.slideSeconds)) {
    problems.push({ field: "slideSeconds", message: secondsAdvice() });
  }
  if (draft.outputs.length === 0) {
    problems.push({ field: "outputs", message: t`Choose at least one.` });
  }
  return problems;
}

/** In the unit of its limit: code points, as the server counts characters, or bytes of UTF-8. */
export function sourceSize({ kind, source }: Pick<Draft, "kind" | "source">): number {
  return limitOf(kind).unit === "bytes" ? new TextEncoder().encode(source).length : countCodePoints(source);
}

function countCodePoints(value: string): number {
  let pairs = 0;
  for (let index = 0; index < value.length; index += 1) {
    if ((value.charCodeAt(index) & 0xfc00) === 0xd800) pairs += 1;
  }
  return value.length - pairs;
}

/** Where the wire's field names stand on this screen. */
const fields: Readonly<Record<string, keyof Draft>> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, "source"])),
  title: "title",
  theme: "theme",
  zoom: "zoom",
  max_screenshots: "maxSlides",
  image_format: "imageFormat",
  png_mode: "pngMode",
  fit: "fit",
  pdf_layout: "pdfLayout",
  pdf_notes: "pdfNotes",
  pptx_mode: "pptxMode",
  voice: "voice",
  transition: "transition",
  slide_seconds: "slideSeconds",
  outputs: "outputs",
  ...Object.fromEntries(FILM_FIELDS.map((field) => [field, "more"])),
};

/** `outputs.0` and `outputs` are one field to a person. */
export const wireName = (field: string): string => field.split(/[.[]/, 1)[0] ?? field;

/** Undefined: not on this screen, or one that cannot say what is wrong with it. */
export function draftField(wireField: string): keyof Draft | undefined {
  const name = wireName(wireField);
  return fields[name] ?? (isMore(name) ? "more" : undefined);
}
