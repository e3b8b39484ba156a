/** What a request may choose from, with its name on the screen. The server remains the judge. */
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
  Transition,
  VideoPreview,
  Voice,
} from "./types";

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
  "1920x1080": { width: 1920, height: 1080, label: "Landscape" },
  "1080x1920": { width: 1080, height: 1920, label: "Portrait" },
  "1080x1080": { width: 1080, height: 1080, label: "Square" },
} as const;
export type Size = keyof typeof SIZES;
/** Zooms by what people call them: 20 px of a page are 32, 42, 54 and 68 px of a slide. */
export const TEXT_SIZES = [
  { zoom: 1.6, label: "Small" },
  { zoom: 2.1, label: "Normal" },
  { zoom: 2.7, label: "Large" },
  { zoom: 3.4, label: "Very large" },
] as const;
/** The size that a run was made in, when that is none of the named ones. */
export const AS_IT_WAS = "as-it-was";
/** What a run has at most, however many were asked for. */
export const MOST_SLIDES = 500;

export const formatNames: Readonly<Record<ImageFormat, string>> = { png: "PNG", jpeg: "JPEG", webp: "WebP" };
export const outputOptions = EXPORTS.map(({ name, label }) => ({ value: name, label }));
export const pngModeNames: Readonly<Record<PngMode, string>> = { speed: "Fast", size: "Small files" };
export const fitNames: Readonly<Record<Fit, string>> = {
  shrink: "Smaller",
  split: "On more slides",
  clip: "Cut off",
};
export const pdfLayoutNames: Readonly<Record<PdfLayout, string>> = {
  slides: "As the slides",
  document: "As a document",
};
export const pdfNotesNames: Readonly<Record<PdfNotes, string>> = {
  none: "Left out",
  annotations: "As annotations",
  pages: "Below the slides",
};
export const pptxModeNames: Readonly<Record<PptxMode, string>> = {
  editable: "To edit",
  exact: "As pictures",
  both: "Both",
};
export const transitionNames: Readonly<Record<Transition, string>> = { cut: "Cut", fade: "Cross-fade" };
export const videoPreviewNames: Readonly<Record<VideoPreview, string>> = {
  none: "None",
  gif: "GIF",
  webp: "WebP",
};
export const voiceNames: Readonly<Record<Voice, string>> = {
  none: "Silent",
  auto: "Read aloud",
  espeak: "By eSpeak NG",
  piper: "By Piper",
  api: "By a voice service",
};
export const statusNames: Readonly<Record<RunStatus, string>> = {
  queued: "Waiting",
  running: "Running",
  complete: "Complete",
  error: "Failed",
  cancelled: "Cancelled",
};

export const SECONDS_ADVICE = "From 1 to 3600, or nothing: as long as it takes.";

/** Whether what was typed is how long a slide is shown; nothing is as long as it takes to say or to read. */
export const isSeconds = (text: string): boolean => {
  const seconds = Number(text);
  return text.trim() === "" || (seconds >= 1 && seconds <= 3600);
};

/** What was typed, for the wire. */
export const secondsOf = (text: string): number | null => (text.trim() === "" ? null : Number(text));

export const ZOOM_ADVICE = "A number from 0.5 to 10.";

/** Whether what was typed is a zoom. */
export const isZoom = (text: string): boolean => {
  const zoom = Number(text);
  return text.trim() !== "" && zoom >= 0.5 && zoom <= 10;
};

export const sizeOf = ({ viewport_width, viewport_height }: RunSpec): Size | typeof AS_IT_WAS =>
  (Object.keys(SIZES) as Size[]).find(
    (size) => SIZES[size].width === viewport_width && SIZES[size].height === viewport_height,
  ) ?? AS_IT_WAS;
