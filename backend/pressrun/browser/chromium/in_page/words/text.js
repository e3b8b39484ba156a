// A text node is asked for the boxes of its lines. Where they lie on one slide and nothing cuts them that is all;
// else it is halved until each piece lies in one place, word by word at the last.
const boxesOf = (range, context) => {
  const { dx, dy } = context.frame;
  const boxes = [];
  for (const rect of range.getClientRects()) {
    if (rect.width > 0 && rect.height > 0) {
      boxes.push({ left: rect.left + dx, top: rect.top + dy, right: rect.right + dx, bottom: rect.bottom + dy });
    }
  }
  return boxes;
};

// Halves between two words; where letters are what words are elsewhere between two of them; 0: it is one piece, and a
// word of which a part is cut off is not there.
const middleOf = (data, from, to) => {
  const middle = (from + to) >> 1;
  for (let away = 0; away <= to - from; away++) {
    for (const at of [middle + away, middle - away]) {
      if (at > from && at < to && /\s/.test(data[at - 1]) && /\S/.test(data.slice(at, to)) && /\S/.test(data.slice(from, at))) {
        return at;
      }
    }
    if (away > 200) break; // no word is that long
  }
  const word = data.slice(from, to);
  if (!DENSE.test(word)) return 0;
  for (let at = middle; at < to; at++) {
    if (at > from && !/^[\p{M}\u200d\ufe0f\udc00-\udfff]/u.test(data.slice(at, at + 2)) && !/[\udc00-\udfff]/.test(data[at])) return at;
  }
  return 0;
};

const measure = (range, node, from, to, context) => {
  range.setStart(node, from);
  range.setEnd(node, to);
  const boxes = boxesOf(range, context);
  const text = node.data.slice(from, to);
  if (!boxes.length) return put(text, /\S/.test(text) ? HIDDEN : null, null, context);
  let place = null, whole = true, box = null;
  for (const line of boxes) {
    const [at, isAll] = placeOf(line, context);
    whole = whole && isAll && (place === null || place === at);
    place = place === null ? at : Math.min(place, at);
    box = union(box, line);
  }
  if (!whole && --probes > 0 && (probes % 256 || performance.now() - begun < BUDGET_MS || !(probes = 0))) {
    const middle = middleOf(node.data, from, to);
    if (middle) {
      measure(range, node, from, middle, context);
      measure(range, node, middle, to, context);
      return;
    }
  }
  put(text, place, box, context);
};

const isClear = (colour) => /^(transparent|rgba\(.*, 0\))$/.test(colour);
const isOpaque = (colour) => /^rgb\(/.test(colour);

// Everything that paints an area, for the rare text in the colour of its background: something else may lie between.
let painting = null;
const paints = (style) => style.backgroundImage !== "none" || !isClear(style.backgroundColor);
const findPainting = () => {
  painting = [];
  for (const element of document.getElementsByTagName("*")) {
    const own = paints(getComputedStyle(element)) || PICTURES.has(element.tagName) || element.tagName === "svg";
    const around = ["::before", "::after"].some((name) => {
      const style = getComputedStyle(element, name);
      return style.content !== "none" && style.content !== "normal" && paints(style);
    });
    if (own || around) painting.push({ element, around, box: element.getBoundingClientRect() });
  }
};
const liesOnSomething = (node, context) => {
  if (context.frame.depth) return true; // what a frame paints is not looked through
  if (!painting) findPainting();
  const range = document.createRange();
  range.selectNodeContents(node);
  const own = range.getBoundingClientRect();
  if (--probes <= 0) return true;
  return painting.some(({ element, around, box }) => {
    const overlaps = box.left < own.right && box.right > own.left && box.top < own.bottom && box.bottom > own.top;
    return overlaps && (around || !element.contains(node));
  });
};

const isInvisible = (node, style, context) => {
  if (context.hidden || style.visibility !== "visible") return true;
  const drawn = context.svg ? style.fill : style.webkitTextFillColor;
  if (context.svg) return drawn === "none" && style.stroke === "none";
  if (context.clipsText) return false;
  if (USED.decorated && (style.textShadow !== "none" || parseFloat(style.webkitTextStrokeWidth) > 0)) return false;
  if (isClear(drawn)) return true;
  return drawn === context.background && !liesOnSomething(node, context);
};

const addText = (node, style, context) => {
  if (!/\S/.test(node.data)) return block && put(node.data, null, null, context);
  if (isInvisible(node, style, context)) return put(node.data, HIDDEN, null, context);
  measure(context.frame.range, node, 0, node.data.length, context);
};
