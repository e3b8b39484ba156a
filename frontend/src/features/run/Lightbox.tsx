import { type ReactElement, useEffect, useRef } from "react";
import { Button } from "@/components/Button";
import { DownloadLink } from "@/components/DownloadLink";
import { Icon } from "@/components/Icon";
import { formatBytes } from "@/lib/format";
import type { Slide } from "@/stream/reduceRun";
import { Picture } from "./Picture";
import styles from "./Lightbox.module.css";

interface Props {
  /** May grow while it is open. */
  slides: readonly Slide[];
  /** The run has ended. */
  settled: boolean;
  /** Place in `slides`. */
  at: number;
  onMove: (at: number) => void;
  onClose: () => void;
}

/** One slide, large. A modal dialog: the browser keeps the focus inside, closes it on Esc and gives the focus back. */
export function Lightbox({ slides, settled, at, onMove, onClose }: Props): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => {
      current?.close();
    };
  }, []);
  const last = slides.length - 1;
  // On the document: a button that has the focus and becomes disabled, at the first or last slide, loses it to the body.
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      onMove(Math.min(last, Math.max(0, to)));
    };
    document.addEventListener("keydown", onKeyDown);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
    };
  }, [at, last, onMove]);
  const slide = slides[at];
  return (
    <dialog
      ref={dialog}
      className={styles["lightbox"]}
      aria-label={`Slide ${at + 1} of ${slides.length}`}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      {slide !== undefined && (
        <>
          <Picture key={slide.url} slide={slide} settled={settled} className={styles["picture"]} />
          <div className={styles["bar"]}>
            <Button
              disabled={at === 0}
              aria-label="Previous slide"
              onClick={() => {
                onMove(at - 1);
              }}
            >
              <Icon name="left" />
            </Button>
            <p className={styles["caption"]} aria-live="polite">
              <strong>
                {at + 1} / {slides.length}
              </strong>
              <span>
                {slide.width} × {slide.height} · {formatBytes(slide.size_bytes)}
              </span>
            </p>
            <Button
              disabled={at === last}
              aria-label="Next slide"
              onClick={() => {
                onMove(at + 1);
              }}
            >
              <Icon name="right" />
            </Button>
            <DownloadLink
              url={slide.url}
              filename={slide.filename.replace(/^.*\//, "")}
              label={`Download ${slide.filename}`}
            >
              <Icon name="download" />
            </DownloadLink>
            <Button aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </Button>
          </div>
        </>
      )}
    </dialog>
  );
}
