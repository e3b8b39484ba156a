/** What a run is to be made again with. Pure. */
import { FORMATS, isZoom, OUTPUTS, type Size, SIZES, ZOOM_ADVICE } from "@/api/choices";
import type {
  Fit,
  ImageFormat,
  Output,
  PdfLayout,
  PngMode,
  PptxMode,
  RerenderRequest,
  RunSpec,
  Transition,
  Voice,
} from "@/api/types";

/** The size that the run was made in, when that is none of the named ones. */
export const AS_IT_WAS = "as-it-was";

export interface Again {
  size: Size | typeof AS_IT_WAS;
  zoom: string;
  imageFormat: ImageFormat;
  pngMode: PngMode;
  fit: Fit;
  pdfLayout: PdfLayout;
  pptxMode: PptxMode;
  voice: Voice;
  transition: Transition;
  outputs: Output[];
}

export const sizeOf = ({ viewport_width, viewport_height }: RunSpec): Again["size"] =>
  (Object.keys(SIZES) as Size[]).find(
    (size) => SIZES[size].width === viewport_width && SIZES[size].height === viewport_height,
  ) ?? AS_IT_WAS;

/** As it was. */
export function fromSpec(spec: RunSpec): Again {
  return {
    size: sizeOf(spec),
    zoom: String(spec.zoom ?? ""),
    imageFormat: spec.image_format ?? FORMATS[0],
    pngMode: spec.png_mode ?? "speed",
    fit: spec.fit ?? "shrink",
    pdfLayout: spec.pdf_layout ?? "slides",
    pptxMode: spec.pptx_mode ?? "editable",
    voice: spec.voice ?? "none",
    transition: spec.transition ?? "cut",
    outputs: OUTPUTS.filter((output) => (spec.outputs ?? ["images"]).includes(output)),
  };
}

export type AgainProblems = Partial<Record<"zoom" | "outputs", string>>;

export function findProblems({ zoom, outputs }: Again): AgainProblems {
  return {
    ...(!isZoom(zoom) && { zoom: ZOOM_ADVICE }),
    ...(outputs.length === 0 && { outputs: "Choose at least one." }),
  };
}

/** What differs from the run; the server leaves the rest as it was. */
export function changes(again: Again, spec: RunSpec): RerenderRequest {
  const before = fromSpec(spec);
  const { size, imageFormat, pngMode, fit, pdfLayout, pptxMode, voice, transition, outputs } = again;
  const zoom = Number(again.zoom);
  return {
    ...(size !== AS_IT_WAS &&
      size !== before.size && { viewport_width: SIZES[size].width, viewport_height: SIZES[size].height }),
    ...(zoom !== spec.zoom && { zoom }),
    ...(imageFormat !== before.imageFormat && { image_format: imageFormat }),
    ...(imageFormat === "png" && pngMode !== before.pngMode && { png_mode: pngMode }),
    ...(fit !== before.fit && { fit }),
    ...(outputs.includes("pdf") && pdfLayout !== before.pdfLayout && { pdf_layout: pdfLayout }),
    ...(outputs.includes("pptx") && pptxMode !== before.pptxMode && { pptx_mode: pptxMode }),
    ...(outputs.includes("video") && voice !== before.voice && { voice }),
    ...(outputs.includes("video") && transition !== before.transition && { transition }),
    ...(outputs.join() !== before.outputs.join() && { outputs }),
  };
}
