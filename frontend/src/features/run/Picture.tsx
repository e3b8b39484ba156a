import { type ReactElement, useEffect, useState } from "react";
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
  if (failures > AGAIN_AFTER_MS.length) return <span className={styles["gone"]}>No longer there</span>;
  return (
    <img
      key={tries}
      className={className}
      src={slide.url}
      width={slide.width}
      height={slide.height}
      alt={`Slide ${slide.index}`}
      loading={lazy ? "lazy" : "eager"}
      decoding="async"
      onError={() => {
        setFailures(tries + 1);
      }}
    />
  );
}
