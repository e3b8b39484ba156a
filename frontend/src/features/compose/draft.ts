/** What a person has typed and chosen, before it is a request. Pure. */
import {
  FITS,
  FORMATS,
  isZoom,
  OUTPUTS,
  PDF_LAYOUTS,
  PNG_MODES,
  PPTX_MODES,
  type Size,
  SIZES,
  TRANSITIONS,
  VOICES,
  ZOOM_ADVICE,
} from "@/api/choices";
import { SOURCES } from "@/api/tables.gen";
import type {
  Fit,
  GenerateRequest,
  ImageFormat,
  Output,
  PdfLayout,
  PngMode,
  PptxMode,
  Theme,
  Transition,
  Voice,
} from "@/api/types";

export const THEMES = ["paper", "ink", "chalk"] as const satisfies readonly Theme[];

/** What the source is: the field that carries it. */
export type Kind = (typeof SOURCES)[number]["field"];
export const KINDS: readonly Kind[] = SOURCES.map(({ field }) => field);

interface SourceKind {
  readonly field: Kind;
  readonly label: string;
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
  theme: Theme;
  size: Size;
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
  pptxMode: PptxMode;
  /** These two count for a video only. */
  voice: Voice;
  transition: Transition;
  outputs: Output[];
}

export const emptyDraft: Draft = {
  kind: "text",
  source: "",
  title: "",
  theme: "paper",
  size: "1920x1080",
  zoom: "2.1",
  maxSlides: "50",
  imageFormat: "png",
  pngMode: "speed",
  fit: "shrink",
  pdfLayout: "slides",
  pptxMode: "editable",
  voice: "none",
  transition: "cut",
  outputs: ["images"],
};

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
    theme: oneOf(THEMES, from.theme, emptyDraft.theme),
    size: oneOf(Object.keys(SIZES) as Size[], from.size, emptyDraft.size),
    zoom: text(from.zoom, emptyDraft.zoom),
    maxSlides: text(from.maxSlides, emptyDraft.maxSlides),
    imageFormat: oneOf(FORMATS, from.imageFormat, emptyDraft.imageFormat),
    pngMode: oneOf(PNG_MODES, from.pngMode, emptyDraft.pngMode),
    fit: oneOf(FITS, from.fit, emptyDraft.fit),
    pdfLayout: oneOf(PDF_LAYOUTS, from.pdfLayout, emptyDraft.pdfLayout),
    pptxMode: oneOf(PPTX_MODES, from.pptxMode, emptyDraft.pptxMode),
    voice: oneOf(VOICES, from.voice, emptyDraft.voice),
    transition: oneOf(TRANSITIONS, from.transition, emptyDraft.transition),
    outputs: OUTPUTS.filter((output) => chosen.includes(output)),
  };
}

export function toRequest(draft: Draft): GenerateRequest {
  const { width, height } = SIZES[draft.size];
  const title = draft.title.trim();
  return {
    [draft.kind]: draft.source,
    ...(title !== "" && { title }),
    theme: draft.theme,
    zoom: Number(draft.zoom),
    max_screenshots: Number(draft.maxSlides),
    viewport_width: width,
    viewport_height: height,
    image_format: draft.imageFormat,
    // Defaults are left to the server, so that a server that does not know the field takes the request.
    ...(draft.imageFormat === "png" && draft.pngMode !== "speed" && { png_mode: draft.pngMode }),
    ...(draft.fit !== "shrink" && { fit: draft.fit }),
    ...(draft.outputs.includes("pdf") && draft.pdfLayout !== "slides" && { pdf_layout: draft.pdfLayout }),
    ...(draft.outputs.includes("pptx") && draft.pptxMode !== "editable" && { pptx_mode: draft.pptxMode }),
    ...(draft.outputs.includes("video") && {
      ...(draft.voice !== "none" && { voice: draft.voice }),
      ...(draft.transition !== "cut" && { transition: draft.transition }),
    }),
    outputs: draft.outputs,
  };
}

export interface DraftProblem {
  field: keyof Draft;
  message: string;
}

/** What can be told without asking the server; the server remains the judge of everything else. */
export function findProblems(draft: Draft): DraftProblem[] {
  const problems: DraftProblem[] = [];
  if (draft.source.trim() === "") {
    problems.push({ field: "source", message: "Write something, or drop a file here." });
  }
  const size = sourceSize(draft);
  const { most, unit } = limitOf(draft.kind);
  if (size > most) {
    const figure = (value: number): string => value.toLocaleString("en");
    problems.push({
      field: "source",
      message: `This is ${figure(size)} ${unit} long; at most ${figure(most)} are taken.`,
    });
  }
  if (!isZoom(draft.zoom)) problems.push({ field: "zoom", message: ZOOM_ADVICE });
  if (!/^\s*[1-9]\d{0,2}\s*$/.test(draft.maxSlides) || Number(draft.maxSlides) > 500) {
    problems.push({ field: "maxSlides", message: "A whole number from 1 to 500." });
  }
  if (draft.outputs.length === 0) {
    problems.push({ field: "outputs", message: "Choose at least one." });
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
  overlap: "zoom",
  max_screenshots: "maxSlides",
  viewport_width: "size",
  viewport_height: "size",
  image_format: "imageFormat",
  png_mode: "pngMode",
  fit: "fit",
  pdf_layout: "pdfLayout",
  pptx_mode: "pptxMode",
  voice: "voice",
  transition: "transition",
  outputs: "outputs",
};

/** `outputs.0` and `outputs` are one field to a person. Undefined: not on this screen. */
export const draftField = (wireField: string): keyof Draft | undefined =>
  fields[wireField.split(/[.[]/, 1)[0] ?? wireField];
