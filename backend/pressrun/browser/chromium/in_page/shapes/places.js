// What the files of this folder share: the slides, and where on them a box is. They are one scope, run once.
// `places` are the slides' (CSS px, page_breaks.Slice), `width` and `height` a slide's.
const { places, width, height } = argument;
const PIECES = new Set("svg math canvas video audio iframe frame object embed input select textarea meter progress img".split(" "));
const SILENT = new Set("SCRIPT STYLE TEMPLATE NOEMBED NOFRAMES HEAD TITLE META LINK NOSCRIPT PRESSRUN-ROOM".split(" "));
const EDGE = 0.5; // CSS px; neighbours touch in 1/64, and the last row of a screen is no whole one
const LEGIBLE = 0.65; // of a line's height, as in words/places.js
const FAINT = 0.02;
const SAME_LINE = 0.4; // of the lower box of two

const slices = places.map(([top, bottom, offset, left, right, inset]) => (
  { top, bottom, offset, left, right: right ?? left + width - inset, inset }));
const slides = slices.map(() => ({ shapes: [] }));
const groups = slices.map(() => new Map()); // text boxes that may get another paragraph, by their group
let pieces = 0, groupNumber = 0;

const round = (value) => Math.round(value * 100) / 100;
const meet = (one, other) => ({
  left: Math.max(one.left, other.left), top: Math.max(one.top, other.top),
  right: Math.min(one.right, other.right), bottom: Math.min(one.bottom, other.bottom),
});
const isSeen = (box) => box.right - box.left > EDGE && box.bottom - box.top > EDGE;
const boxOf = (rect, context) => {
  const [x, y] = context.fixed ? [0, 0] : [scrollX, scrollY];
  return { left: rect.left + x, top: rect.top + y, right: rect.right + x, bottom: rect.bottom + y };
};
// The slides that a box is on: [slide, moved there by [x, y], what of the document is seen there].
const placesOf = (box, context) => slices.flatMap((slice, at) => {
  const { top, bottom, offset, left, right, inset } = slice;
  if (context.fixed) return [[at, 0, 0, { left: 0, top: 0, right: width, bottom: height }]];
  const shown = { left, top, right, bottom };
  return isSeen(meet(box, shown)) ? [[at, inset - left, offset - top, shown]] : [];
});
const on = (box, x, y) => ({ left: round(box.left + x), top: round(box.top + y), width: round(box.right - box.left), height: round(box.bottom - box.top) });

const put = (slide, shape) => slides[slide].shapes.push(shape);
