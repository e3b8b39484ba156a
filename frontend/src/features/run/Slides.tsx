import { type ReactElement, useState } from "react";
import { count } from "@/lib/format";
import { hasEnded, type RunView, type Slide } from "@/stream/reduceRun";
import { Lightbox } from "./Lightbox";
import { Picture } from "./Picture";
import styles from "./Slides.module.css";

/** About what Slides.module.css makes of it: two in a row on a phone, about 300 px each on a desk. */
const tileCssPx = (): number => Math.min(300, innerWidth / 2);

function Thumbnail(props: { slide: Slide; settled: boolean; onOpen: () => void }): ReactElement {
  const { slide, settled, onOpen } = props;
  const [tile] = useState(tileCssPx); // of when it came: a picture is not loaded anew because a window grows
  return (
    <li className={styles["cell"]}>
      <button
        type="button"
        className={styles["thumbnail"]}
        style={{ aspectRatio: `${slide.width} / ${slide.height}` }}
        onClick={onOpen}
        aria-label={`Open slide ${slide.index}`}
      >
        <Picture slide={slide} settled={settled} tileCssPx={tile} />
      </button>
      <span className={styles["number"]} aria-hidden="true">
        {slide.index}
      </span>
    </li>
  );
}

/** Places of the pictures that are still to come, so that the page does not jump when they do. */
function Coming({ view }: { view: RunView }): ReactElement[] {
  const first = view.slides[0];
  if (hasEnded(view.status) || first === undefined || view.slidesTotal === null) return [];
  const missing = Math.max(0, view.slidesTotal - view.slides.length);
  return Array.from({ length: missing }, (_, index) => (
    <li key={`coming-${index}`} className={styles["cell"]} aria-hidden="true">
      <span className={styles["coming"]} style={{ aspectRatio: `${first.width} / ${first.height}` }} />
    </li>
  ));
}

function heading({ slides, slidesTotal, status }: RunView): string {
  if (hasEnded(status) || slidesTotal === null || slidesTotal <= slides.length)
    return count(slides.length, "slide");
  return `${slides.length} of ${count(slidesTotal, "slide")}`;
}

export function Slides({ view }: { view: RunView }): ReactElement | null {
  const [open, setOpen] = useState<number | null>(null);
  if (view.slides.length === 0) return null;
  return (
    <section className={styles["slides"]} aria-label="Slides">
      <h2>{heading(view)}</h2>
      <ul className={styles["grid"]}>
        {view.slides.map((slide, at) => (
          <Thumbnail
            key={slide.index}
            slide={slide}
            settled={hasEnded(view.status)}
            onOpen={() => {
              setOpen(at);
            }}
          />
        ))}
        {Coming({ view })}
      </ul>
      {open !== null && (
        <Lightbox
          slides={view.slides}
          settled={hasEnded(view.status)}
          at={open}
          onMove={setOpen}
          onClose={() => {
            setOpen(null);
          }}
        />
      )}
    </section>
  );
}
