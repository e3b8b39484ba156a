import { type ReactElement, useRef } from "react";
import { thumbnailUrl } from "@/api/thumbnails";
import { usePicture } from "@/components/usePicture";
import type { Slide } from "@/stream/reduceRun";
import styles from "./Picture.module.css";

interface Props {
  slide: Slide;
  /** The run has ended: what is not there now will not come. */
  settled: boolean;
  className?: string | undefined;
  /** A tile of a grid, about so many CSS pixels wide: it is shown in small, and loaded when it comes near. */
  tileCssPx?: number;
}

const goneWords = { missing: "No longer there", unreadable: "Cannot be shown" } as const;

/** A slide's image; when it cannot be had (the run was cancelled, or deleted) it says so instead of looking broken. */
export function Picture({ slide, settled, className, tileCssPx }: Props): ReactElement {
  const place = useRef<HTMLSpanElement>(null);
  const lazy = tileCssPx !== undefined;
  const url = lazy ? thumbnailUrl(slide.url, tileCssPx, devicePixelRatio) : slide.url;
  const { src, key, gone, onLoad, onError } = usePicture(url, { settled, place, lazy });
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
