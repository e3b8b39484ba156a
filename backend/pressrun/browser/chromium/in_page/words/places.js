// What the files of this folder share: the slides, and on which of them a box is. They are one scope, run once.
// `places` are the slides' (CSS px, page_breaks.Slice), `width` and `height` a slide's.
const { places, width, height, truncated } = argument;
// What is not on a slide. The order says which place of a word counts that is in several.
const HIDDEN = -4, TRUNCATED = -3, CLIPPED = -2, SIDE = -1;
const WHY = { [HIDDEN]: "hidden", [TRUNCATED]: "truncated", [CLIPPED]: "clipped", [SIDE]: "side" };
const EDGE = 1; // CSS px that may overhang: at most zooms a screen is no whole number of them (BROWSER "Looks")
const LEGIBLE = 0.65; // of a line's height that must be seen; boxes of glyphs are higher than the letters
const TINY = 2; // CSS px: "visually hidden" text stands in a box of 1 px
const FAR = 1_500; // CSS px before the beginning of the page: put there to be out of sight, as by left: -9999px
const FAINT = 0.02; // opacity that nobody sees
const MAX_PROBES = 200_000; // pieces that are measured; 25 000 characters on 20 slides take some hundred
const BUDGET_MS = 4_000; // then what is left is judged by its lines as a whole
const MAX_SVG_CHARACTERS = 500_000;
const ADDED = "data-pressrun-added"; // what a deck repeats: a heading that goes on, the head of a table
const SILENT = new Set("SCRIPT STYLE TEMPLATE NOEMBED NOFRAMES HEAD TITLE META LINK".split(" "));
const SVG_SILENT = new Set("title desc metadata style script".split(" "));
const UNDRAWN = new Set("defs symbol clipPath mask pattern marker".split(" ")); // of a drawing, until something uses it
const PICTURES = new Set("IMG CANVAS VIDEO EMBED".split(" "));
const KINDS = {
  LI: "item", DT: "item", DD: "item", TD: "cell", TH: "cell", PRE: "code", FIGCAPTION: "caption", CAPTION: "caption",
  BLOCKQUOTE: "quote",
};
// scripts that are written without spaces: there a character is what a word is elsewhere
const DENSE = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const SAID = /[\p{L}\p{N}\p{S}]/u;
const begun = performance.now();
const slices = places.map(([top, bottom, offset, left, right, inset]) => (
  { top, bottom, offset, left, right: right ?? left + width - inset, inset }));
const slides = slices.map((_, at) => ({ index: at + 1, blocks: [], pictures: [], links: [] }));
const not_shown = [], lost_pictures = [];
// What an author says to a slide belongs to the one on which the element before it stands; at the beginning of a slide
// to that which comes. `standing`: where the last thing was put; null at such a beginning.
const notes = slides.map(() => []);
let standing = null, waiting = [];
let section = -1; // of a deck, by its number: the one that is read
const lastBottom = Math.max(...slices.map(({ bottom }) => bottom));
let probes = MAX_PROBES;
let block = null;

const round = (value) => Math.round(value * 100) / 100;
const boxOn = (index, box, fixed) => {
  const { top, offset, left, inset } = slices[index];
  const [up, back] = fixed ? [0, 0] : [top - offset, left - inset];
  return {
    left: round(box.left - back), top: round(box.top - up), width: round(box.right - box.left), height: round(box.bottom - box.top),
  };
};

const union = (one, other) => one && {
  left: Math.min(one.left, other.left), top: Math.min(one.top, other.top),
  right: Math.max(one.right, other.right), bottom: Math.max(one.bottom, other.bottom),
} || other;

// Where a box is, and whether all of it is there.
const placeOf = (box, context) => {
  const { clip } = context;
  const wide = box.right - box.left, high = box.bottom - box.top;
  if (wide <= 0 || high <= 0) return [HIDDEN, true];
  if (clip.right - clip.left <= TINY || clip.bottom - clip.top <= TINY) return [HIDDEN, true];
  const seenX = Math.min(box.right, clip.right) - Math.max(box.left, clip.left);
  const seenY = Math.min(box.bottom, clip.bottom) - Math.max(box.top, clip.top);
  if (seenX < Math.min(wide, wide - 2 * EDGE)) return [SIDE, seenX <= 0];
  if (seenY < high * LEGIBLE) return [CLIPPED, seenY <= 0];
  if (context.fixed) return placeOnScreen(box);
  let low = 0, end = slices.length;
  while (low < end) {
    const middle = (low + end) >> 1;
    if (slices[middle].bottom > box.top) end = middle;
    else low = middle + 1;
  }
  let beside = false, touched = false;
  for (let index = low; index < slices.length && slices[index].top < box.bottom; index++) {
    const { top, bottom, left, right } = slices[index];
    const seen = Math.min(box.bottom, bottom) - Math.max(box.top, top);
    touched ||= seen > 0 && box.left < right && box.right > left;
    if (seen < high * LEGIBLE && seen < bottom - top - EDGE) continue;
    if (box.left >= left - EDGE && box.right <= right + EDGE) return [index, true];
    beside = true;
  }
  const before = Math.max(-box.bottom, context.rtl ? box.left - width : -box.right);
  if (before > FAR) return [HIDDEN, !touched];
  if (beside) return [SIDE, !touched];
  return [truncated && box.bottom > lastBottom + EDGE ? TRUNCATED : CLIPPED, !touched];
};

// What is fixed is told of the first slide alone.
const placeOnScreen = (box) => {
  if (box.left < -EDGE || box.right > width + EDGE) return [SIDE, box.right <= 0 || box.left >= width];
  return box.bottom > EDGE && box.top < height - EDGE ? [0, true] : [CLIPPED, true];
};
