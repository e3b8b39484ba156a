import { msg, t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { thumbnailUrl } from "@/api/thumbnails";
import { usePicture } from "@/components/usePicture";
import type { Slide } from "@/stream/reduceRun";
import styles from "./Picture.module.css";
import { say } from "@/lib/language";
import { figure } from "@/lib/format";

interface Props {
  slide: Slide;
  /** The run has ended: what is not there now will not come. */
  settled: boolean;
  className?: string | undefined;
  /** A tile of a grid, about so many CSS pixels wide: it is shown in small, and loads when few others do. */
  tileCssPx?: number;
}

const goneWords = { missing: msg`No longer there`, unreadable: msg`Cannot be shown` } as const;

/** A slide's image; when it cannot be had (the run was cancelled, or deleted) it says so instead of looking broken. */
export function Picture({ slide, settled, className, tileCssPx }: Props): ReactElement {
  const queued = tileCssPx !== undefined;
  const url = queued ? thumbnailUrl(slide.url, tileCssPx, devicePixelRatio) : slide.url;
  const { src, key, gone, onLoad, onError } = usePicture(url, { settled, queued });
  if (gone !== null) return <span className={styles["gone"]}>{say(goneWords[gone])}</span>;
  if (src === null)
    return <span className={styles["coming"]} aria-label={t`Slide ${figure(slide.index)}`} role="img" />;
  return (
    <img
      key={key}
      className={className}
      src={src}
      width={slide.width}
      height={slide.height}
      alt={t`Slide ${figure(slide.index)}`}
      decoding="async"
      onLoad={onLoad}
      onError={onError}
    />
  );
}
