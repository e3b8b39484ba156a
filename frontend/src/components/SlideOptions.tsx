import { t } from "@lingui/core/macro";
import { type ReactElement, type ReactNode } from "react";
import { laterCode } from "@/lib/laterCode";
import {
  fitNames,
  FITS,
  formatNames,
  FORMATS,
  outputOptions,
  OUTPUTS,
  PDF_LAYOUTS,
  pdfLayoutNames,
  PDF_NOTES,
  pdfNotesNames,
  PNG_MODES,
  pngModeNames,
  PPTX_MODES,
  pptxModeNames,
  TRANSITIONS,
  transitionNames,
  voiceNames,
  VOICES,
} from "@/api/choices";
import type { Voice } from "@/api/types";
import { Choice } from "./Field";
import type { FilmMore } from "./film";
import { Folded } from "./Folded";
import { TextField } from "./TextField";
import { say } from "@/lib/language";

const VideoFields = laterCode(async () => (await import("./VideoFields")).VideoFields);

type Fit = (typeof FITS)[number];
type Format = (typeof FORMATS)[number];
type PdfLayout = (typeof PDF_LAYOUTS)[number];
type PdfNotes = (typeof PDF_NOTES)[number];
type PngMode = (typeof PNG_MODES)[number];
type PptxMode = (typeof PPTX_MODES)[number];
type Transition = (typeof TRANSITIONS)[number];
type Output = (typeof OUTPUTS)[number];

export interface SlideChoices<S extends string> {
  size: S;
  outputs: readonly Output[];
  imageFormat: Format;
  pngMode: PngMode;
  fit: Fit;
  pdfLayout: PdfLayout;
  pdfNotes: PdfNotes;
  pptxMode: PptxMode;
  voice: Voice;
  transition: Transition;
  /** As typed. */
  slideSeconds: string;
  film: FilmMore;
}

interface Props<S extends string> {
  /** Before the names of the fields, where a page has two forms. */
  prefix?: string;
  value: SlideChoices<S>;
  sizes: readonly { value: S; label: ReactNode }[];
  problems: Partial<Record<keyof SlideChoices<S>, string | undefined>>;
  onChange: (change: {
    size?: S;
    outputs?: Output[];
    imageFormat?: Format;
    pngMode?: PngMode;
    fit?: Fit;
    pdfLayout?: PdfLayout;
    pdfNotes?: PdfNotes;
    pptxMode?: PptxMode;
    voice?: Voice;
    transition?: Transition;
    slideSeconds?: string;
    film?: FilmMore;
  }) => void;
}

/** Size, what is to be made, and as which pictures: for a new run and for one made again. */
export function SlideOptions<S extends string>({
  prefix = "",
  value,
  sizes,
  problems,
  onChange,
}: Props<S>): ReactElement {
  return (
    <>
      <Choice
        legend={t`Size`}
        name={`${prefix}size`}
        type="radio"
        options={sizes}
        chosen={[value.size]}
        error={problems.size}
        onChange={(size) => {
          onChange({ size });
        }}
      />
      <Choice
        legend={t`Make`}
        name={`${prefix}outputs`}
        type="checkbox"
        options={outputOptions()}
        chosen={value.outputs}
        error={problems.outputs}
        onChange={(output, checked) => {
          onChange({
            outputs: OUTPUTS.filter((each) => (each === output ? checked : value.outputs.includes(each))),
          });
        }}
      />
      {value.outputs.includes("pdf") && (
        <Choice
          legend={t`PDF pages`}
          name={`${prefix}pdfLayout`}
          type="radio"
          options={PDF_LAYOUTS.map((layout) => ({ value: layout, label: say(pdfLayoutNames[layout]) }))}
          chosen={[value.pdfLayout]}
          error={problems.pdfLayout}
          onChange={(pdfLayout) => {
            onChange({ pdfLayout });
          }}
        />
      )}
      {value.outputs.includes("pdf") && value.pdfLayout === "slides" && (
        <Choice
          legend={t`Notes in the PDF`}
          name={`${prefix}pdfNotes`}
          type="radio"
          options={PDF_NOTES.map((notes) => ({ value: notes, label: say(pdfNotesNames[notes]) }))}
          chosen={[value.pdfNotes]}
          error={problems.pdfNotes}
          onChange={(pdfNotes) => {
            onChange({ pdfNotes });
          }}
        />
      )}
      {value.outputs.includes("pptx") && (
        <Choice
          legend="PowerPoint"
          name={`${prefix}pptxMode`}
          type="radio"
          options={PPTX_MODES.map((mode) => ({ value: mode, label: say(pptxModeNames[mode]) }))}
          chosen={[value.pptxMode]}
          error={problems.pptxMode}
          onChange={(pptxMode) => {
            onChange({ pptxMode });
          }}
        />
      )}
      {value.outputs.includes("video") && (
        <>
          <Choice
            legend={t`Narration`}
            name={`${prefix}voice`}
            type="radio"
            options={VOICES.map((voice) => ({ value: voice, label: say(voiceNames[voice]) }))}
            chosen={[value.voice]}
            error={problems.voice}
            onChange={(voice) => {
              onChange({ voice });
            }}
          />
          <Choice
            legend={t`From slide to slide`}
            name={`${prefix}transition`}
            type="radio"
            options={TRANSITIONS.map((transition) => ({
              value: transition,
              label: say(transitionNames[transition]),
            }))}
            chosen={[value.transition]}
            error={problems.transition}
            onChange={(transition) => {
              onChange({ transition });
            }}
          />
          <TextField
            name={`${prefix}slideSeconds`}
            label={t`Seconds a slide`}
            placeholder={t`As long as it takes`}
            inputMode="decimal"
            value={value.slideSeconds}
            error={problems.slideSeconds}
            onChange={(slideSeconds) => {
              onChange({ slideSeconds });
            }}
          />
          <Folded summary={t`Opening and closing picture, WebM, preview`} wrong={problems.film !== undefined}>
            <VideoFields
              prefix={prefix}
              value={value.film}
              error={problems.film}
              onChange={(film) => {
                onChange({ film });
              }}
            />
          </Folded>
        </>
      )}
      <Choice
        legend={t`What is too wide`}
        name={`${prefix}fit`}
        type="radio"
        options={FITS.map((fit) => ({ value: fit, label: say(fitNames[fit]) }))}
        chosen={[value.fit]}
        error={problems.fit}
        onChange={(fit) => {
          onChange({ fit });
        }}
      />
      <Choice
        legend={t`Image format`}
        name={`${prefix}imageFormat`}
        type="radio"
        options={FORMATS.map((format) => ({ value: format, label: formatNames[format] }))}
        chosen={[value.imageFormat]}
        error={problems.imageFormat}
        onChange={(imageFormat) => {
          onChange({ imageFormat });
        }}
      />
      {value.imageFormat === "png" && (
        <Choice
          legend="PNG"
          name={`${prefix}pngMode`}
          type="radio"
          options={PNG_MODES.map((mode) => ({ value: mode, label: say(pngModeNames[mode]) }))}
          chosen={[value.pngMode]}
          error={problems.pngMode}
          onChange={(pngMode) => {
            onChange({ pngMode });
          }}
        />
      )}
    </>
  );
}
