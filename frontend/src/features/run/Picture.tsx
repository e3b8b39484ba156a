import { type ReactElement, useEffect, useRef, useState } from "react";
import { useNear, usePictureUrl } from "@/components/usePictureUrl";
import type { Slide } from "@/stream/reduceRun";
import styles from "./Picture.module.css";

/**
 * Waits before a picture is asked for again. While a batch is being published, and while a restarted server takes its
 * staged files over, a picture is out of reach for a moment.
 */
const AGAIN_AFTER_MS = [400, 1000, 2500, 6000] as const;

interface Props {
  slide: Slide;
  className?: string | undefined;
  lazy?: boolean;
}

/** A slide's image; when it cannot be had (the run was cancelled, or deleted) it says so instead of looking broken. */
export function Picture({ slide, className, lazy = false }: Props): ReactElement {
  const [failures, setFailures] = useState(0);
  const [tries, setTries] = useState(0);
  const place = useRef<HTMLSpanElement>(null);
  const near = useNear(place, lazy);
  const againAfterMs = AGAIN_AFTER_MS[failures - 1];
  useEffect(() => {
    if (againAfterMs === undefined) return;
    const timer = setTimeout(() => {
      setTries(failures);
    }, againAfterMs);
    return () => {
      clearTimeout(timer);
    };
  }, [againAfterMs, failures]);
  const onError = (): void => {
    setFailures(tries + 1);
  };
  const gone = failures > AGAIN_AFTER_MS.length;
  const src = usePictureUrl(slide.url, tries, near && !gone, onError);
  if (gone) return <span className={styles["gone"]}>No longer there</span>;
  if (src === null)
    return <span ref={place} className={styles["coming"]} aria-label={`Slide ${slide.index}`} role="img" />;
  return (
    <img
      key={tries}
      className={className}
      src={src}
      width={slide.width}
      height={slide.height}
      alt={`Slide ${slide.index}`}
      loading={lazy ? "lazy" : "eager"}
      decoding="async"
      onError={onError}
    />
  );
}
