// What is wider than the slide, or than the box that scrolls it sideways. Lines that would not wrap do; a row that goes
// on sideways goes on below; what has a width of its own is shown smaller, down to `limit`. What is left over stands
// out, and the slides go on sideways.
const TOUCHING = 1; // CSS px: what overhangs by less fits
const MAX_SHRINKS = 5; // text does not shrink in proportion: the second time is nearly right
const UNWRAPPED_ABOVE = 0.7; // a table that would be smaller than this has its cells wrapped first

const pageSides = () => ({ left: 0, right: document.documentElement.clientWidth });

const contentSides = (element) => {
  if (!element) return pageSides();
  const rect = rectOf(element);
  const style = getComputedStyle(element);
  const zoom = element.currentCSSZoom || 1;
  const inset = (side) => zoom * (parseFloat(style[`border${side}Width`]) + parseFloat(style[`padding${side}`]));
  return { left: rect.left + inset("Left"), right: rect.right - inset("Right") };
};

const isOutsideOf = (sides, rect) => rect.right > sides.right + TOUCHING || rect.left < sides.left - TOUCHING;

// The elements that hold what stands out of `sides`, each with how far it reaches.
const standingOut = (root, sides) => {
  const found = new Map();
  const look = (rect, holder) => {
    if (!isOutsideOf(sides, rect) || isFarAway(rect)) return;
    const known = found.get(holder);
    if (known) Object.assign(known, { left: Math.min(known.left, rect.left), right: Math.max(known.right, rect.right) });
    else found.set(holder, { left: rect.left, right: rect.right });
  };
  for (const text of textsOf(root)) {
    const holder = text.parentElement ?? parentOf(text.parentNode);
    if (!isShown(holder)) continue;
    for (const line of linesOf(text)) look(line, holder);
  }
  for (const picture of picturesOf(root)) if (isShown(picture)) look(rectOf(picture), picture);
  for (const holder of [...found.keys()]) if (isWithinReadersOnly(holder)) found.delete(holder);
  return found;
};

const keepsLines = (style) => /^(pre|nowrap)$/.test(style.whiteSpace);

const wrapLines = (holder, root, done) => {
  let changed = false;
  const end = root ? parentOf(root) : document.documentElement;
  for (let at = holder; at && at !== end; at = parentOf(at)) {
    const style = getComputedStyle(at);
    if (PICTURES.has(at.tagName.toUpperCase()) || at.localName === "table") break;
    if (done.has(at)) {
      if (style.display.startsWith("inline")) continue;
      break;
    }
    done.add(at);
    if (keepsLines(style)) important(at, { "white-space": style.whiteSpace === "pre" ? "pre-wrap" : "normal", "text-overflow": "clip" });
    important(at, { "overflow-wrap": "anywhere" });
    changed = true;
    const around = parentOf(at);
    if (!style.display.startsWith("inline") && !(around && keepsLines(getComputedStyle(around)))) break;
  }
  return changed;
};

const tableOf = (holder, root) => {
  let table = null;
  for (let at = holder; at && at !== root; at = parentOf(at)) {
    if (/^(inline-)?table$/.test(getComputedStyle(at).display)) table = at;
  }
  return table;
};

// What is to be made smaller so that `holder` fits: the outermost box that stands out; the row it is in, if the box
// begins far inside because others are before it.
const shrinkable = (holder, root, sides) => {
  const end = root ?? document.body;
  let outermost = holder;
  for (let at = holder; at && at !== end; at = parentOf(at)) if (isOutsideOf(sides, rectOf(at))) outermost = at;
  if (!root && isOutsideOf(sides, rectOf(end))) return end; // a page that is as wide as it likes
  while (outermost !== end && getComputedStyle(outermost).display.startsWith("table-")) outermost = parentOf(outermost);
  if (getComputedStyle(outermost).display === "inline" && !PICTURES.has(outermost.tagName.toUpperCase())) outermost = parentOf(outermost);
  const room = sides.right - sides.left;
  const rect = rectOf(outermost);
  if (outermost !== end && (rect.left > sides.left + room / 4 && rect.right < sides.left - room / 4 || rect.left > sides.left + room / 4 && !isRtl(outermost))) {
    return parentOf(outermost) ?? end;
  }
  return outermost;
};

const isRtl = (element) => getComputedStyle(element).direction === "rtl";

const extentsOf = (element) => {
  const rect = rectOf(element);
  let { left, right } = rect;
  const bounds = contentBounds(element);
  return { left: Math.min(left, bounds.left), right: Math.max(right, bounds.right) };
};

const shrink = (element, root, sides, shrunk, limit) => {
  const known = shrunk.get(element) ?? { factor: 1, times: 0, own: parseFloat(getComputedStyle(element).zoom) || 1 };
  shrunk.set(element, known);
  if (known.times++ >= MAX_SHRINKS) return false;
  const parent = element === document.body ? null : parentOf(element);
  const around = parent ? contentSides(parent) : sides;
  const left = Math.max(sides.left, Math.min(around.left, sides.right));
  const right = Math.min(sides.right, Math.max(around.right, left));
  const extents = extentsOf(element);
  const room = Math.max(right - left, (sides.right - sides.left) / 3);
  const wanted = known.factor * Math.min(1, (room - 0.5) / (extents.right - extents.left));
  let factor = Math.max(wanted, limit);
  if (wanted < limit) {
    // As many slides as at the limit, and no smaller than these need.
    const natural = (extents.right - extents.left) / known.factor;
    const panels = Math.ceil((natural * limit) / (0.9 * room));
    factor = Math.min(1, Math.max(limit, (panels * 0.9 * room) / natural));
  }
  if (Math.abs(factor - known.factor) < 0.002) return false;
  known.factor = factor;
  if (element === document.body) important(document.documentElement, { "min-width": "0", width: "auto" });
  important(element, { zoom: `${known.own * factor}` });
  return true;
};

// A margin that pulls a box out of the page.
const pushIn = (holder, root, sides) => {
  let changed = false;
  for (let at = holder; at && at !== (root ?? document.documentElement); at = parentOf(at)) {
    const rect = rectOf(at);
    const style = getComputedStyle(at);
    if (rect.left < sides.left - TOUCHING && parseFloat(style.marginLeft) < 0) important(at, { "margin-left": "0" });
    else if (rect.right > sides.right + TOUCHING && parseFloat(style.marginRight) < 0) important(at, { "margin-right": "0" });
    else continue;
    changed = true;
  }
  return changed;
};

// Whether words of others stand there.
const isTaken = (box, moving) => {
  for (const text of textsOf(document.body)) {
    if (moving.contains(text)) continue;
    for (const line of linesOf(text)) {
      if (line.left < box.right && line.right > box.left && line.top < box.bottom && line.bottom > box.top) return true;
    }
  }
  return false;
};

// `tooWide`: boxes that were found to be so in this round. Looking through all that is in one costs too much to do it for
// each of its cells.
const moveIn = (holder, root, sides, tooWide) => {
  let outermost = holder;
  for (let at = holder; at && at !== (root ?? document.body); at = parentOf(at)) if (isOutsideOf(sides, rectOf(at))) outermost = at;
  if (tooWide.has(outermost)) return false;
  const { left, right } = extentsOf(outermost);
  const style = getComputedStyle(outermost);
  if (style.display === "inline" || (style.display.startsWith("inline") && !isLayered(style))) return false;
  if (right - left > sides.right - sides.left + TOUCHING) {
    tooWide.add(outermost);
    return false;
  }
  if (isLayered(style)) important(outermost, { position: "relative", inset: "auto", translate: "none", transform: "none" });
  else if (style.transform !== "none") important(outermost, { transform: "none" });
  if (isOutsideOf(sides, extentsOf(outermost))) {
    const rest = extentsOf(outermost);
    const shift = rest.left < sides.left ? sides.left - rest.left : sides.right - rest.right;
    const { top, bottom } = rectOf(outermost);
    if (isTaken({ left: rest.left + shift, right: rest.right + shift, top, bottom }, outermost)) return false;
    const before = parseFloat(style.translate) || 0;
    important(outermost, { translate: `${before + shift / (outermost.currentCSSZoom || 1)}px` });
  }
  return true;
};

const fitWithin = (root, limit) => {
  const wrapped = new Set();
  const shrunk = new Map();
  const moved = new Set();
  const unwrapped = new Set();
  for (let round = 0; round < 3 * MAX_SHRINKS && !isLate(); round++) {
    const sides = contentSides(root);
    if (sides.right - sides.left < 20) return;
    const out = standingOut(root ?? document.body, sides);
    if (!out.size) return;
    let changed = false;
    const toShrink = new Set();
    const tooWide = new Set();
    for (const [holder, rect] of out) {
      if (isLate()) return;
      const table = tableOf(holder, root);
      if (pushIn(holder, root, sides)) changed = true;
      else if (!table && rect.right > sides.right && wrapLines(holder, root, wrapped)) changed = true;
      else if (!moved.has(holder) && rect.right - rect.left < sides.right - sides.left && (rect.left < sides.left || rect.left >= sides.right) && moveIn(holder, root, sides, tooWide)) {
        moved.add(holder);
        changed = true;
      } else toShrink.add(table ?? shrinkable(holder, root, sides));
    }
    if (!changed && limit < 1) {
      const outermost = [...toShrink].filter((element) => ![...toShrink].some((other) => other !== element && other.contains(element)));
      for (const element of outermost) {
        if (shrink(element, root, sides, shrunk, limit)) changed = true;
        const factor = shrunk.get(element)?.factor ?? 1;
        if (factor < UNWRAPPED_ABOVE && tableOf(element, root) === element && !unwrapped.has(element)) {
          unwrapped.add(element);
          changed = unwrapCells(element, shrunk) || changed;
        }
      }
    } else if (!changed) {
      for (const element of toShrink) {
        if (tableOf(element, root) !== element || unwrapped.has(element)) continue;
        unwrapped.add(element);
        changed = unwrapCells(element, shrunk) || changed;
      }
    }
    if (!changed) break;
  }
  if (root && standingOut(root, contentSides(root)).size) {
    important(root, { "min-width": `${Math.min(root.scrollWidth, 20_000)}px` }); // what it has beside it moves on
  }
};

// A table of lines that may not wrap is tried again with lines that do.
const unwrapCells = (table, shrunk) => {
  let changed = false;
  for (const element of elementsOf(table)) {
    const style = getComputedStyle(element);
    if (!keepsLines(style)) continue;
    important(element, { "white-space": style.whiteSpace === "pre" ? "pre-wrap" : "normal" });
    changed = true;
  }
  if (changed) {
    const known = shrunk.get(table);
    if (known) important(table, { zoom: `${known.own}` });
    shrunk.delete(table);
  }
  return changed;
};

const clipOf = (element) => {
  for (let at = element; at && at !== document.documentElement; at = parentOf(at)) {
    if (clips(getComputedStyle(at).overflowX)) return at;
  }
  return null;
};

// Rows that go on to the side, as of a deck, a carousel or a board: they go on in the next line.
const foldRows = () => {
  for (const row of [document.body, ...elementsOf(document.body)]) {
    const style = getComputedStyle(row);
    if (row.childElementCount < 2 || style.display === "none" || /^(TABLE|TR|TBODY|SELECT|PRE)$/i.test(row.tagName)) continue;
    const parts = [...row.children].filter((child) => !NO_CONTENT.has(child.tagName.toUpperCase()) && isShown(child) && holdsContent(child));
    if (parts.length < 2) continue;
    const isFlex = style.display.includes("flex") && style.flexDirection.startsWith("row");
    const isGrid = style.display.includes("grid");
    const isColumn = style.display.includes("flex") && style.flexDirection.startsWith("column") && style.flexWrap !== "nowrap";
    const isLine = style.whiteSpace === "nowrap" && parts.every((part) => getComputedStyle(part).display.startsWith("inline-"));
    const isPaged = style.columnWidth !== "auto" || style.columnCount !== "auto";
    if (isPaged && row.scrollWidth > row.clientWidth + 1) {
      important(row, { height: "auto", "max-height": "none", columns: row.clientWidth < 0.6 * innerWidth ? "auto" : style.columns });
      if (row.scrollWidth > row.clientWidth + 1) important(row, { columns: "auto" });
      continue;
    }
    const isFloat = parts.every((part) => getComputedStyle(part).float !== "none");
    if (!isFlex && !isGrid && !isLine && !isFloat && !isColumn) continue;
    const clip = clipOf(row);
    const sides = clip ? contentSides(clip) : pageSides();
    const room = sides.right - sides.left;
    const rects = parts.map(rectOf);
    if (!rects.some((rect) => isOutsideOf(sides, rect))) continue;
    const arePages = rects.every((rect) => rect.width >= 0.85 * room);
    if (!clip && !arePages) continue;
    if (isGrid && new Set(rects.map((rect) => Math.round(rect.top))).size > 1 && !style.gridAutoFlow.includes("column")) continue;
    const zoom = row.currentCSSZoom || 1;
    if (isColumn) important(row, { "flex-wrap": "nowrap" });
    else if (isLine) important(row, { "white-space": "normal" });
    else important(row, isFloat ? { display: "flow-root" } : { display: "flex", "flex-direction": "row", "flex-wrap": "wrap" });
    important(row, { transform: "none", translate: "none", width: "auto", "max-width": "100%", "min-width": "0", height: "auto", "align-content": "flex-start" });
    parts.forEach((part, number) => {
      const width = Math.min(rects[number].width, room) / zoom;
      important(part, { flex: "0 0 auto", width: `${width}px`, "min-width": "0", "max-width": "100%", "box-sizing": "border-box" });
      if (isLine) important(part, { "white-space": "normal" });
      if (arePages && isPageLike(rects[number])) important(part, { "break-before": "page" });
    });
  }
};

const fitSides = (limit) => {
  foldRows();
  const scrollers = [...elementsOf(document.body)].filter((element) => {
    const style = getComputedStyle(element);
    if (style.display === "none" || VERTICAL.test(style.writingMode) || PICTURES.has(element.tagName.toUpperCase())) return false;
    if (/^(select|textarea|input)$/.test(element.localName)) return false;
    if (!clips(style.overflowX) || element.scrollWidth <= element.clientWidth + 1 || element.clientWidth < 20) return false;
    if (isWithinReadersOnly(element)) return false;
    const sides = contentOutside(element);
    return sides.right || sides.left;
  });
  for (const scroller of scrollers.reverse()) {
    important(scroller, { overflow: "visible" });
    if (getComputedStyle(scroller).display === "block") important(scroller, { display: "flow-root" });
    fitWithin(scroller, limit);
  }
  fitWithin(null, limit);
};
