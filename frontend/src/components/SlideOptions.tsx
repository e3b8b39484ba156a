import type { ReactElement, ReactNode } from "react";
import { formatNames, FORMATS, outputOptions, OUTPUTS, PNG_MODES, pngModeNames } from "@/api/choices";
import { Choice } from "./Field";

type Format = (typeof FORMATS)[number];
type PngMode = (typeof PNG_MODES)[number];
type Output = (typeof OUTPUTS)[number];

export interface SlideChoices<S extends string> {
  size: S;
  outputs: readonly Output[];
  imageFormat: Format;
  pngMode: PngMode;
}

interface Props<S extends string> {
  /** Before the names of the fields, where a page has two forms. */
  prefix?: string;
  value: SlideChoices<S>;
  sizes: readonly { value: S; label: ReactNode }[];
  problems: Partial<Record<"size" | "outputs" | "imageFormat" | "pngMode", string | undefined>>;
  onChange: (change: { size?: S; outputs?: Output[]; imageFormat?: Format; pngMode?: PngMode }) => void;
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
        legend="Size"
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
        legend="Make"
        name={`${prefix}outputs`}
        type="checkbox"
        options={outputOptions}
        chosen={value.outputs}
        error={problems.outputs}
        onChange={(output, checked) => {
          onChange({
            outputs: OUTPUTS.filter((each) => (each === output ? checked : value.outputs.includes(each))),
          });
        }}
      />
      <Choice
        legend="Image format"
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
          options={PNG_MODES.map((mode) => ({ value: mode, label: pngModeNames[mode] }))}
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
