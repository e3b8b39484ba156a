import { msg, t } from "@lingui/core/macro";
import { type ReactElement, use, useMemo, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { figure, number, slideCount } from "@/lib/format";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import { Lightbox } from "./Lightbox";
import { type GridHandle, SlideGrid } from "./SlideGrid";
import styles from "./Slides.module.css";
import { headingsOf, titleOf } from "./slideTexts";
import { BackContext } from "@/lib/back";
import { useKept } from "@/lib/useKept";
import { useSlideTexts } from "./useSlideTexts";
import { say, type Words } from "@/lib/language";

const TILES = { small: 170, medium: 240, large: 420, one: 0 } as const;
type Tiles = keyof typeof TILES;
const tileWords: Readonly<Record<Tiles, Words>> = {
  small: msg`Small tiles`,
  medium: msg`Medium tiles`,
  large: msg`Large tiles`,
  one: msg`One below the other`,
};
const isTiles = (text: string): text is Tiles => Object.hasOwn(TILES, text);

function heading({ slides, slidesTotal, status }: RunView): string {
  if (hasEnded(status) || slidesTotal === null || slidesTotal <= slides.length)
    return slideCount(slides.length);
  return t`${number(slides.length)} of ${slideCount(slidesTotal)}`;
}

interface Props {
  view: RunView;
  /** The slide that is shown large, by its number. */
  open: number | undefined;
  onOpen: (index: number | undefined, how?: { replace?: boolean }) => void;
}

export function Slides({ view, open, onOpen }: Props): ReactElement {
  const texts = useSlideTexts(view);
  const [tiles, keepTiles] = useKept("pressrun.tiles", "medium");
  const size = isTiles(tiles) ? tiles : "medium";
  const grid = useRef<GridHandle>(null);
  const back = use(BackContext);
  const [opened, setOpened] = useState(false);
  const ended = hasEnded(view.status);
  const headings = useMemo(() => headingsOf([...texts.values()]), [texts]);
  if (view.slides.length === 0) return <NoSlides view={view} />;
  const coming = ended ? 0 : Math.max(0, (view.slidesTotal ?? 0) - view.slides.length);
  const at = view.slides.findIndex(({ index }) => index === open);
  return (
    <section className={styles["slides"]} aria-label={t`Slides`}>
      <div className={styles["bar"]}>
        <h2>{heading(view)}</h2>
        {headings.length > 1 && (
          <select
            aria-label={t`Jump to a heading`}
            value=""
            onChange={({ target }) => {
              const place = view.slides.findIndex(({ index }) => index === Number(target.value));
              if (place >= 0) grid.current?.show(place);
            }}
          >
            <option value="">{t`Jump to …`}</option>
            {headings.map(({ index, level, text }, row) => (
              <option key={row} value={index}>
                {`${"\u2003".repeat(level - 1)}${text} · ${figure(index)}`}
              </option>
            ))}
          </select>
        )}
        <select
          aria-label={t`Size of the slides`}
          value={size}
          onChange={({ target }) => {
            keepTiles(target.value);
          }}
        >
          {Object.entries(tileWords).map(([name, words]) => (
            <option key={name} value={name}>
              {say(words)}
            </option>
          ))}
        </select>
        <Button
          onClick={() => {
            setOpened(true);
            onOpen(view.slides[0]?.index);
          }}
        >
          <Icon name="play" />
          {t`Slide show`}
        </Button>
      </div>
      <SlideGrid
        ref={grid}
        slides={view.slides}
        coming={coming}
        settled={ended}
        tileCssPx={TILES[size]}
        titleOf={({ index }) => {
          const text = texts.get(index);
          return text === undefined ? "" : titleOf(text);
        }}
        onOpen={({ index }) => {
          setOpened(true);
          onOpen(index);
        }}
      />
      {at >= 0 && (
        <Lightbox
          slides={view.slides}
          texts={texts}
          settled={ended}
          at={at}
          onMove={(to) => {
            onOpen(view.slides[to]?.index, { replace: true });
          }}
          onClose={() => {
            // the step back that the browser's own button would take, where one was made
            if (opened) back();
            else onOpen(undefined, { replace: true });
            setOpened(false);
          }}
        />
      )}
    </section>
  );
}

function NoSlides({ view }: { view: RunView }): ReactElement {
  return (
    <p className={styles["none"]}>
      {!hasEnded(view.status)
        ? t`No slide yet: each appears here as soon as its picture is taken.`
        : view.status === "complete"
          ? t`This run was asked for no pictures. What it made is under Files.`
          : t`It ended before the first slide.`}
    </p>
  );
}
