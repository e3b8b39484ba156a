import { useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  type ReactElement,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { pictureTurns } from "@/components/pictureTurns";
import type { Slide } from "@/stream/reduceRun";
import { Picture } from "./Picture";
import styles from "./Slides.module.css";
import { t } from "@lingui/core/macro";
import { figure } from "@/lib/format";

const GAP_PX = 14;
/** So far ahead of what is seen rows are there and their pictures load: about a screen. Arbitrary. */
const AHEAD_CSS_PX = 600;
/** Whoever scrolls further than this from one frame to the next looks at no picture. Arbitrary (50..300 CSS px). */
const FLYING_CSS_PX = 100;
/** No tile is wider than this share of a narrow screen, unless tiles are to be large. */
const NARROW = 0.45;

export interface GridHandle {
  /** Brings a slide into sight, and the focus to it. */
  show: (place: number) => void;
}

interface Props {
  slides: readonly Slide[];
  /** How many are still to come: they have their places, so that the page does not jump. */
  coming: number;
  settled: boolean;
  /** About how wide a tile is, CSS px; 0: one in a row. */
  tileCssPx: number;
  titleOf: (slide: Slide) => string;
  onOpen: (slide: Slide) => void;
  ref: Ref<GridHandle>;
}

/** Slides in rows; only the rows near to what is seen are on the page, however many there are. */
export function SlideGrid({ slides, coming, settled, tileCssPx, titleOf, onOpen, ref }: Props): ReactElement {
  const list = useRef<HTMLUListElement>(null);
  const { width, top } = usePlace(list);
  const first = slides[0];
  const columns = tileCssPx === 0 ? 1 : columnsIn(width, tileCssPx);
  const tile = Math.max(1, (width - GAP_PX * (columns - 1)) / columns);
  const height = Math.round(tile * ((first?.height ?? 9) / (first?.width ?? 16)));
  const amount = slides.length + coming;
  const seenAt = useRef(0);
  const rows = useWindowVirtualizer({
    count: Math.ceil(amount / columns),
    estimateSize: () => height,
    gap: GAP_PX,
    overscan: Math.ceil(AHEAD_CSS_PX / (height + GAP_PX)),
    scrollMargin: top,
    onChange: ({ scrollOffset }) => {
      const now = scrollOffset ?? 0;
      if (Math.abs(now - seenAt.current) > FLYING_CSS_PX) pictureTurns.hold();
      seenAt.current = now;
    },
  });
  useEffect(() => {
    rows.measure();
  }, [rows, height]);
  useImperativeHandle(ref, () => ({
    show: (place) => {
      rows.scrollToIndex(Math.floor(place / columns), { align: "center" });
      focusSoon(list, place);
    },
  }));
  return (
    <ul ref={list} className={styles["grid"]} style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().flatMap(({ index: row, start }) =>
        Array.from({ length: Math.min(columns, amount - row * columns) }, (_, column) => {
          const place = row * columns + column;
          const slide = slides[place];
          const at = { insetInlineStart: column * (tile + GAP_PX), top: start - top, width: tile, height };
          return slide === undefined ? (
            <li key={`coming-${place}`} className={styles["cell"]} style={at} aria-hidden="true">
              <span className={styles["coming"]} />
            </li>
          ) : (
            <li
              key={slide.index}
              className={styles["cell"]}
              style={at}
              aria-setsize={amount}
              aria-posinset={place + 1}
            >
              <Tile
                slide={slide}
                place={place}
                settled={settled}
                tileCssPx={tile}
                title={titleOf(slide)}
                onOpen={onOpen}
              />
            </li>
          );
        }),
      )}
    </ul>
  );
}

/** As many as fit: two at least on a phone, where tiles are not to be large. */
function columnsIn(width: number, tileCssPx: number): number {
  const wanted = tileCssPx > 300 ? tileCssPx : Math.min(tileCssPx, width * NARROW);
  return Math.max(1, Math.floor((width + GAP_PX) / (wanted + GAP_PX)));
}

interface TileProps {
  slide: Slide;
  place: number;
  settled: boolean;
  tileCssPx: number;
  title: string;
  onOpen: Props["onOpen"];
}

/** Drawn once, and not with each row that is scrolled in. */
const Tile = memo(function Tile(props: TileProps): ReactElement {
  const { slide, place, settled, tileCssPx, title, onOpen } = props;
  const [tile] = useState(tileCssPx); // of when it came: a picture is not loaded anew because a window grows
  return (
    <>
      <button
        type="button"
        className={styles["thumbnail"]}
        data-place={place}
        title={title === "" ? undefined : title}
        onClick={() => {
          onOpen(slide);
        }}
        aria-label={t`Open slide ${figure(slide.index)}`}
      >
        <Picture slide={slide} settled={settled} tileCssPx={tile} />
      </button>
      <span className={styles["number"]} aria-hidden="true">
        {figure(slide.index)}
      </span>
    </>
  );
});

/** How wide the element is, and how far below the top of the page, as the page changes around it. */
function usePlace(element: React.RefObject<HTMLElement | null>): { width: number; top: number } {
  const [place, setPlace] = useState({ width: 0, top: 0 });
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const look = (): void => {
      const { top } = current.getBoundingClientRect();
      const now = { width: current.clientWidth, top: Math.round(top + scrollY) };
      setPlace((before) => (before.width === now.width && before.top === now.top ? before : now));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(current);
    observer.observe(document.body); // what stands above it has grown or gone
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return place;
}

const FRAMES = 30; // half a second: by then a row that was scrolled to is on the page

function focusSoon(list: React.RefObject<HTMLElement | null>, place: number, frames = FRAMES): void {
  const tile = list.current?.querySelector<HTMLElement>(`[data-place="${place}"]`);
  if (tile != null) tile.focus({ preventScroll: true });
  else if (frames > 0)
    requestAnimationFrame(() => {
      focusSoon(list, place, frames - 1);
    });
}
