/** What a run is to be made again with. Pure. */
import { t } from "@lingui/core/macro";
import {
  AS_IT_WAS,
  FORMATS,
  isSeconds,
  isZoom,
  OUTPUTS,
  secondsAdvice,
  secondsOf,
  type Size,
  sizeOf,
  SIZES,
  zoomAdvice,
} from "@/api/choices";
import type {
  Fit,
  ImageFormat,
  Output,
  PdfLayout,
  PdfNotes,
  PngMode,
  PptxMode,
  RerenderRequest,
  RunSpec,
  Transition,
  Voice,
} from "@/api/types";
import { type FilmMore, filmChanges } from "@/components/film";
import { readNumber } from "@/lib/readNumber";

export interface Again {
  size: Size | typeof AS_IT_WAS;
  zoom: string;
  imageFormat: ImageFormat;
  pngMode: PngMode;
  fit: Fit;
  pdfLayout: PdfLayout;
  pdfNotes: PdfNotes;
  pptxMode: PptxMode;
  voice: Voice;
  transition: Transition;
  slideSeconds: string;
  film: FilmMore;
  outputs: Output[];
}

/** As it was. */
export function fromSpec(spec: RunSpec): Again {
  return {
    size: sizeOf(spec),
    zoom: String(spec.zoom ?? ""),
    imageFormat: spec.image_format ?? FORMATS[0],
    pngMode: spec.png_mode ?? "speed",
    fit: spec.fit ?? "shrink",
    pdfLayout: spec.pdf_layout ?? "slides",
    pdfNotes: spec.pdf_notes ?? "none",
    pptxMode: spec.pptx_mode ?? "editable",
    voice: spec.voice ?? "none",
    transition: spec.transition ?? "cut",
    slideSeconds: String(spec.slide_seconds ?? ""),
    film: spec,
    outputs: OUTPUTS.filter((output) => (spec.outputs ?? ["images"]).includes(output)),
  };
}

export type AgainProblems = Partial<Record<"zoom" | "outputs" | "slideSeconds", string>>;

export function findProblems({ zoom, outputs, slideSeconds }: Again): AgainProblems {
  return {
    ...(!isZoom(zoom) && { zoom: zoomAdvice() }),
    ...(outputs.includes("video") && !isSeconds(slideSeconds) && { slideSeconds: secondsAdvice() }),
    ...(outputs.length === 0 && { outputs: t`Choose at least one.` }),
  };
}

/** What differs from the run; the server leaves the rest as it was. */
export function changes(again: Again, spec: RunSpec): RerenderRequest {
  const before = fromSpec(spec);
  const { size, imageFormat, pngMode, fit, pdfLayout, pdfNotes, pptxMode, voice, transition, outputs } =
    again;
  const zoom = readNumber(again.zoom);
  return {
    ...(size !== AS_IT_WAS &&
      size !== before.size && { viewport_width: SIZES[size].width, viewport_height: SIZES[size].height }),
    ...(zoom !== spec.zoom && { zoom }),
    ...(imageFormat !== before.imageFormat && { image_format: imageFormat }),
    ...(imageFormat === "png" && pngMode !== before.pngMode && { png_mode: pngMode }),
    ...(fit !== before.fit && { fit }),
    ...(outputs.includes("pdf") && pdfLayout !== before.pdfLayout && { pdf_layout: pdfLayout }),
    ...(outputs.includes("pdf") &&
      pdfLayout === "slides" &&
      pdfNotes !== before.pdfNotes && { pdf_notes: pdfNotes }),
    ...(outputs.includes("pptx") && pptxMode !== before.pptxMode && { pptx_mode: pptxMode }),
    ...(outputs.includes("video") && voice !== before.voice && { voice }),
    ...(outputs.includes("video") && transition !== before.transition && { transition }),
    ...(outputs.includes("video") &&
      again.slideSeconds !== before.slideSeconds && { slide_seconds: secondsOf(again.slideSeconds) }),
    ...(outputs.includes("video") && filmChanges(again.film, before.film)),
    ...(outputs.join() !== before.outputs.join() && { outputs }),
  };
}
