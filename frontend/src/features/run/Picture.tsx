import { type ReactElement, useRef } from "react";
import { usePicture } from "@/components/usePicture";
import type { Slide } from "@/stream/reduceRun";
import styles from "./Picture.module.css";

interface Props {
  slide: Slide;
  /** The run has ended: what is not there now will not come. */
  settled: boolean;
  className?: string | undefined;
  lazy?: boolean;
}

const goneWords = { missing: "No longer there", unreadable: "Cannot be shown" } as const;

/** A slide's image; when it cannot be had (the run was cancelled, or deleted) it says so instead of looking broken. */
export function Picture({ slide, settled, className, lazy = false }: Props): ReactElement {
  const place = useRef<HTMLSpanElement>(null);
  const { src, key, gone, onLoad, onError } = usePicture(slide.url, { settled, place, lazy });
  if (gone !== null) return <span className={styles["gone"]}>{goneWords[gone]}</span>;
  if (src === null)
    return <span ref={place} className={styles["coming"]} aria-label={`Slide ${slide.index}`} role="img" />;
  return (
    <img
      key={key}
      className={className}
      src={src}
      width={slide.width}
      height={slide.height}
      alt={`Slide ${slide.index}`}
      decoding="async"
      onLoad={onLoad}
      onError={onError}
    />
  );
}
