import { t } from "@lingui/core/macro";
import {
  type ReactElement,
  type TouchEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { SlideText } from "@/api/types";
import { Button } from "@/components/Button";
import { DownloadLink } from "@/components/DownloadLink";
import { Icon } from "@/components/Icon";
import { dotted, figure, formatBytes } from "@/lib/format";
import { useKept } from "@/lib/useKept";
import type { Slide } from "@/stream/reduceRun";
import { CopyPictureButton } from "./CopyPictureButton";
import { Picture } from "./Picture";
import { SlidePanel } from "./SlidePanel";
import styles from "./Lightbox.module.css";
import { direction } from "@/lib/language";

interface Props {
  /** May grow while it is open. */
  slides: readonly Slide[];
  texts: ReadonlyMap<number, SlideText>;
  /** The run has ended. */
  settled: boolean;
  /** Place in `slides`. */
  at: number;
  onMove: (at: number) => void;
  onClose: () => void;
}

const SWIPE_CSS_PX = 50; // arbitrary (30..80): less is a finger that trembles

/** One slide, large. A modal dialog: the browser keeps the focus inside, closes it on Esc and gives the focus back. */
export function Lightbox({ slides, texts, settled, at, onMove, onClose }: Props): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const panelId = useId();
  const [panel, keepPanel] = useKept("pressrun.slide-text", "hidden");
  const withText = panel === "shown";
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => {
      current?.close();
    };
  }, []);
  const last = slides.length - 1;
  const move = (to: number): void => {
    const there = Math.min(last, Math.max(0, to));
    if (there !== at) onMove(there);
  };
  useKeys({
    at,
    last,
    move,
    full: () => {
      toggleFull(dialog.current);
    },
  });
  const swipe = useSwipe((steps) => {
    move(at + steps);
  });
  const slide = slides[at];
  return (
    <dialog
      ref={dialog}
      className={styles["lightbox"]}
      data-text={withText}
      aria-label={t`Slide ${figure(at + 1)} of ${figure(slides.length)}`}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      {...swipe}
    >
      {slide !== undefined && (
        <>
          <div className={styles["stage"]}>
            <Picture key={slide.url} slide={slide} settled={settled} className={styles["picture"]} />
          </div>
          {withText && <SlidePanel id={panelId} text={texts.get(slide.index)} />}
          <Bar
            {...{ slide, at, last, move, withText, panelId, onClose }}
            onText={() => {
              keepPanel(withText ? "hidden" : "shown");
            }}
            onFull={() => {
              toggleFull(dialog.current);
            }}
          />
        </>
      )}
    </dialog>
  );
}

interface BarProps {
  slide: Slide;
  at: number;
  last: number;
  move: (to: number) => void;
  withText: boolean;
  panelId: string;
  onText: () => void;
  onFull: () => void;
  onClose: () => void;
}

function Bar(props: BarProps): ReactElement {
  const { slide, at, last, move, withText, panelId, onText, onFull, onClose } = props;
  const [copied, setCopied] = useState<number | null>(null);
  return (
    <div className={styles["bar"]}>
      <Button
        disabled={at === 0}
        aria-label={t`Previous slide`}
        onClick={() => {
          move(at - 1);
        }}
      >
        <Icon name="left" />
      </Button>
      <p className={styles["caption"]} aria-live="polite">
        <strong>
          {figure(at + 1)} / {figure(last + 1)}
        </strong>
        <span>
          {copied === slide.index
            ? t`Picture copied`
            : dotted(
                // from the left in every language: width first
                `\u2066${figure(slide.width)} × ${figure(slide.height)}\u2069`,
                formatBytes(slide.size_bytes),
              )}
        </span>
      </p>
      <Button
        disabled={at === last}
        aria-label={t`Next slide`}
        onClick={() => {
          move(at + 1);
        }}
      >
        <Icon name="right" />
      </Button>
      <Button
        aria-label={t`Text of the slide`}
        title={t`Text of the slide`}
        aria-pressed={withText}
        aria-controls={withText ? panelId : undefined}
        onClick={onText}
      >
        <Icon name="text" />
      </Button>
      <CopyPictureButton
        url={slide.url}
        onCopied={() => {
          setCopied(slide.index);
        }}
      />
      <DownloadLink
        url={slide.url}
        filename={slide.filename.replace(/^.*\//, "")}
        label={t`Download ${slide.filename}`}
      >
        <Icon name="download" />
      </DownloadLink>
      {document.fullscreenEnabled && (
        <Button aria-label={t`Full screen`} title={t`Full screen (F)`} onClick={onFull}>
          <Icon name="full" />
        </Button>
      )}
      <Button aria-label={t`Close`} title={t`Close (Esc)`} onClick={onClose}>
        <Icon name="close" />
      </Button>
    </div>
  );
}

function toggleFull(element: HTMLElement | null): void {
  // refused by a browser that allows it to nobody, or not now: then all stays as it is
  if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => undefined);
  else void element?.requestFullscreen().catch(() => undefined);
}

/** On the document: a button that has the focus and becomes disabled, at the first or last slide, loses it to the body. */
function useKeys(props: { at: number; last: number; move: (to: number) => void; full: () => void }): void {
  const { at, last, move, full } = props;
  // in the same task as the picture: a key that comes after it is about that one, however busy the page is
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const forwards = direction() === "rtl" ? -1 : 1; // as the page is read
      const to = {
        ArrowLeft: at - forwards,
        ArrowRight: at + forwards,
        PageUp: at - 1,
        PageDown: at + 1,
        Home: 0,
        End: last,
      }[event.key];
      if (to === undefined && event.key !== "f") return;
      event.preventDefault();
      if (to === undefined) full();
      else move(to);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
    };
  }, [at, last, move, full]);
}

/** One finger across: the next slide, or the one before. */
function useSwipe(onSwipe: (steps: 1 | -1) => void) {
  const begun = useRef<{ x: number; y: number } | null>(null);
  return {
    onTouchStart: ({ touches }: TouchEvent) => {
      const touch = touches[0];
      begun.current =
        touches.length === 1 && touch !== undefined ? { x: touch.clientX, y: touch.clientY } : null;
    },
    onTouchEnd: ({ changedTouches }: TouchEvent) => {
      const [from, touch] = [begun.current, changedTouches[0]];
      begun.current = null;
      if (from === null || touch === undefined) return;
      const [x, y] = [touch.clientX - from.x, touch.clientY - from.y];
      if (Math.abs(x) > SWIPE_CSS_PX && Math.abs(x) > 2 * Math.abs(y))
        onSwipe(x < 0 === (direction() === "ltr") ? 1 : -1);
    },
  };
}
