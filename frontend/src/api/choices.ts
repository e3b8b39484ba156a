/** What a request may choose from, with its name on the screen. The server remains the judge. */
import { msg, t } from "@lingui/core/macro";
import { EXPORTS } from "./tables.gen";
import type {
  Fit,
  ImageFormat,
  Output,
  PdfLayout,
  PdfNotes,
  PngMode,
  PptxMode,
  RunSpec,
  RunStatus,
  Stage,
  Transition,
  VideoPreview,
  Voice,
} from "./types";
import { say, type Words, locale } from "@/lib/language";
import { readNumber } from "@/lib/readNumber";

export const FORMATS = ["png", "jpeg", "webp"] as const satisfies readonly ImageFormat[];
export const OUTPUTS: readonly Output[] = EXPORTS.map(({ name }) => name);
export const PNG_MODES = ["speed", "size"] as const satisfies readonly PngMode[];
export const FITS = ["shrink", "split", "clip"] as const satisfies readonly Fit[];
export const PDF_LAYOUTS = ["slides", "document"] as const satisfies readonly PdfLayout[];
export const PDF_NOTES = ["none", "annotations", "pages"] as const satisfies readonly PdfNotes[];
export const PPTX_MODES = ["editable", "exact", "both"] as const satisfies readonly PptxMode[];
export const TRANSITIONS = ["cut", "fade"] as const satisfies readonly Transition[];
export const VOICES = ["none", "auto", "espeak", "piper", "api"] as const satisfies readonly Voice[];
export const RATES = [24, 25, 30, 50, 60] as const;
export const VIDEO_PREVIEWS = ["none", "gif", "webp"] as const satisfies readonly VideoPreview[];
export const SIZES = {
  "1920x1080": { width: 1920, height: 1080, label: msg`Landscape` },
  "1080x1920": { width: 1080, height: 1920, label: msg`Portrait` },
  "1080x1080": { width: 1080, height: 1080, label: msg`Square` },
} as const;
export type Size = keyof typeof SIZES;
/** Zooms by what people call them: 20 px of a page are 32, 42, 54 and 68 px of a slide. */
export const TEXT_SIZES = [
  { zoom: 1.6, label: msg`Small` },
  { zoom: 2.1, label: msg`Normal` },
  { zoom: 2.7, label: msg`Large` },
  { zoom: 3.4, label: msg`Very large` },
] as const;
/** The size that a run was made in, when that is none of the named ones. */
export const AS_IT_WAS = "as-it-was";
/** What a run has at most, however many were asked for. */
export const MOST_SLIDES = 500;

export const formatNames: Readonly<Record<ImageFormat, string>> = { png: "PNG", jpeg: "JPEG", webp: "WebP" };
export const outputOptions = (): { value: Output; label: string }[] =>
  EXPORTS.map(({ name, label }) => ({ value: name, label: say(label) }));
export const pngModeNames: Readonly<Record<PngMode, Words>> = { speed: msg`Fast`, size: msg`Small files` };
export const fitNames: Readonly<Record<Fit, Words>> = {
  shrink: msg`Smaller`,
  split: msg`On more slides`,
  clip: msg`Cut off`,
};
export const pdfLayoutNames: Readonly<Record<PdfLayout, Words>> = {
  slides: msg`As the slides`,
  document: msg`As a document`,
};
export const pdfNotesNames: Readonly<Record<PdfNotes, Words>> = {
  none: msg`Left out`,
  annotations: msg`As annotations`,
  pages: msg`Below the slides`,
};
export const pptxModeNames: Readonly<Record<PptxMode, Words>> = {
  editable: msg`To edit`,
  exact: msg`As pictures`,
  both: msg`Both`,
};
export const transitionNames: Readonly<Record<Transition, Words>> = { cut: msg`Cut`, fade: msg`Cross-fade` };
export const videoPreviewNames: Readonly<Record<VideoPreview, Words>> = {
  none: msg`None`,
  gif: "GIF",
  webp: "WebP",
};
export const voiceNames: Readonly<Record<Voice, Words>> = {
  none: msg`Silent`,
  auto: msg`Read aloud`,
  espeak: msg`By eSpeak NG`,
  piper: msg`By Piper`,
  api: msg`By a voice service`,
};
export const statusNames: Readonly<Record<RunStatus, Words>> = {
  queued: msg`Waiting`,
  running: msg`Running`,
  complete: msg`Complete`,
  error: msg`Failed`,
  cancelled: msg`Cancelled`,
};

/** Each stage with its name and what it does; a record, so that the compiler asks for a new one. */
export const stageWords: Readonly<Record<Stage, { name: Words; doing: Words }>> = {
  compose: { name: msg`Compose`, doing: msg`Making the document` },
  render: { name: msg`Render`, doing: msg`Taking the pictures` },
  export: { name: msg`Export`, doing: msg`Making the exports` },
  publish: { name: msg`Publish`, doing: msg`Putting everything in its folder` },
};

/** As it stands within a line: "render". A newer server may have stages that are not known here. */
export const stageWord = (stage: Stage): string => {
  const known: Partial<typeof stageWords> = stageWords;
  return say(known[stage]?.name ?? stage).toLocaleLowerCase(locale());
};

export const secondsAdvice = (): string => t`From 1 to 3600, or nothing: as long as it takes.`;

/** Whether what was typed is how long a slide is shown; nothing is as long as it takes to say or to read. */
export const isSeconds = (text: string): boolean => {
  const seconds = readNumber(text);
  return text.trim() === "" || (seconds >= 1 && seconds <= 3600);
};

/** What was typed, for the wire. */
export const secondsOf = (text: string): number | null => (text.trim() === "" ? null : readNumber(text));

export const zoomAdvice = (): string => t`A number from 0.5 to 10.`;

/** Whether what was typed is a zoom. */
export const isZoom = (text: string): boolean => {
  const zoom = readNumber(text);
  return text.trim() !== "" && zoom >= 0.5 && zoom <= 10;
};

export const sizeOf = ({ viewport_width, viewport_height }: RunSpec): Size | typeof AS_IT_WAS =>
  (Object.keys(SIZES) as Size[]).find(
    (size) => SIZES[size].width === viewport_width && SIZES[size].height === viewport_height,
  ) ?? AS_IT_WAS;
