// What scrolls within the page, or is cut off by a fixed height, is opened: a picture cannot be scrolled. Its ancestors
// grow with it, so that nothing is laid out over anything else.
const MAX_ROUNDS = 8; // one opens what the round before has made too small; more are nested nowhere
const MAX_TEXTS = 4_000; // looked at for each box

const clips = (value) => value !== "visible";

const MOST_OUTSIDE = 0.25; // of a line's height: what glyphs reach out of a line that is set tight

// Whether text or a picture stands outside of the box, and on which sides.
const contentOutside = (element) => {
  const box = rectOf(element);
  const sides = { above: false, below: false, left: false, right: false };
  let left = MAX_TEXTS;
  const look = (rect) => {
    const spare = Math.max(0.5, MOST_OUTSIDE * Math.min(rect.bottom - rect.top, 40));
    if (rect.bottom > box.bottom + spare) sides.below = true;
    if (rect.top < box.top - spare) sides.above = true;
    if (rect.right > box.right + 1.5) sides.right = true;
    if (rect.left < box.left - 1.5) sides.left = true;
  };
  for (const text of textsOf(element)) {
    if (!isShown(text.parentElement) || isWithinReadersOnly(text.parentElement)) continue;
    for (const line of linesOf(text)) look(line);
    if (left-- === 0) break;
  }
  for (const picture of picturesOf(element)) {
    if (isShown(picture) && !isWithinReadersOnly(picture)) look(rectOf(picture));
  }
  return sides;
};

const openTracks = (grid) => {
  const { display, gridTemplateRows } = getComputedStyle(grid);
  if (!display.includes("grid")) return;
  const rows = gridTemplateRows.replace(/([\d.]+)px/g, "minmax($1px, auto)");
  important(grid, { "grid-template-rows": rows, "grid-auto-rows": "auto" });
};

const openHeight = (element, style) => {
  const height = element.getBoundingClientRect().height / (element.currentCSSZoom || 1);
  const isClamped = style.webkitLineClamp !== "none";
  important(element, {
    overflow: "visible", height: "auto", "max-height": "none", "aspect-ratio": "auto", contain: "none",
    "min-height": isClamped || height < 2 ? "0" : `${height - inner(style)}px`,
  });
  if (isClamped) important(element, { "-webkit-line-clamp": "none", display: style.display.startsWith("inline") ? "inline-block" : "block" });
  if (style.containerType === "size") important(element, { "container-type": "inline-size" });
  if (style.display === "block" && clips(style.overflowY)) important(element, { display: "flow-root" });
  const parent = parentOf(element);
  const around = parent && getComputedStyle(parent);
  if (around?.display.includes("flex") && around.flexDirection.startsWith("column")) important(element, { flex: "0 0 auto" });
  if (around?.display.includes("grid")) openTracks(parent);
  openTracks(element);
};

// Of padding and border, where a height does not count them.
const inner = (style) =>
  style.boxSizing === "border-box" ? 0 : ["paddingTop", "paddingBottom", "borderTopWidth", "borderBottomWidth"].reduce((sum, name) => sum + parseFloat(style[name]), 0);

const openRoot = () => {
  for (const element of [document.documentElement, document.body]) {
    const style = getComputedStyle(element);
    if (style.columnWidth !== "auto" && element.scrollWidth > element.clientWidth + 1) important(element, { columns: "auto" });
    if (clips(style.overflowX) || clips(style.overflowY)) important(element, { overflow: "visible" });
    if (style.display === "contents") important(element, { display: "block" });
  }
};

// Content that hangs out of a box of a fixed height, or is cut off by it.
const heightNews = (element, style, done) => {
  if (VERTICAL.test(style.writingMode)) return false; // goes on sideways: openVertical
  if (done.has(element) || style.display.startsWith("inline") && !style.display.includes("-") || style.display === "contents") return false;
  if (element.clientHeight === 0 && !clips(style.overflowY)) return false;
  const isOver = element.scrollHeight > element.clientHeight + 1 || style.webkitLineClamp !== "none";
  const mayBeAbove = /flex|grid/.test(style.display) && element.firstElementChild !== null;
  if (!isOver && !mayBeAbove) return false;
  if (!isOver && mayBeAbove && ![...element.children].some((child) => child.getBoundingClientRect().top < element.getBoundingClientRect().top - 1)) return false;
  if (isForReadersOnly(element, style) || isWithinReadersOnly(element)) return false;
  if (element.clientHeight < 2 && (isMeantToBeUnseen(style) || parseFloat(style.opacity) < 0.05)) return false;
  const sides = contentOutside(element);
  return sides.below || sides.above;
};

// Writing in columns goes on sideways, as far as it goes; its lines are no longer than a slide is high.
const openVertical = () => {
  for (const element of [...elementsOf(document)]) {
    const style = getComputedStyle(element);
    const parent = parentOf(element);
    const isOutermost = !parent || parent === document.documentElement || !VERTICAL.test(getComputedStyle(parent).writingMode);
    if (!VERTICAL.test(style.writingMode) || !isOutermost || style.display.startsWith("inline") || !wordsOf(element)) continue;
    const rect = rectOf(element);
    if (element.scrollWidth > element.clientWidth + 1 && element !== document.documentElement) {
      important(element, { overflow: "visible", width: "auto", "max-width": "none", flex: "none" });
    }
    if (rect.bottom > innerHeight + 1 && rect.top < innerHeight / 2) {
      const below = parseFloat(style.marginBottom) || 0;
      important(element, { height: `${(innerHeight - rect.top - below) / (element.currentCSSZoom || 1)}px`, "max-height": "none", "min-height": "0", "box-sizing": "border-box" });
    }
  }
};

// A box that is laid out by hand makes no room for itself: what holds it does, down to the same edge as before.
const makeRoom = () => {
  for (const [element, below] of placedByHand) {
    const holder = element.offsetParent ?? document.documentElement;
    const isRoot = holder === document.body && getComputedStyle(holder).position === "static";
    const target = isRoot ? document.documentElement : holder;
    const need = rectOf(element).bottom + below - rectOf(target).top;
    if (need > rectOf(target).height + 1) {
      if (isRoot) important(target, { position: "relative" });
      important(target, { "min-height": `${need / (target.currentCSSZoom || 1)}px`, height: "auto", "max-height": "none", overflow: "visible" });
    }
  }
};

const openBoxes = () => {
  openRoot();
  const done = new Set();
  for (let round = 0; round < MAX_ROUNDS && !isLate(); round++) {
    const news = [];
    for (const element of elementsOf(document)) {
      if (PICTURES.has(element.tagName.toUpperCase())) continue;
      const style = getComputedStyle(element);
      if (style.display === "none") continue;
      if (element.localName === "textarea") {
        if (!done.has(element) && element.scrollHeight > element.clientHeight + 1) news.push([element, style]);
      } else if (element.localName === "select") {
        if (element.size > 1 && element.options.length > element.size) element.size = element.options.length;
      } else if (heightNews(element, style, done)) news.push([element, style]);
    }
    if (!news.length) break;
    for (const [element, style] of news) {
      done.add(element);
      if (isLayered(style)) placedByHand.set(element, Math.max(0, parseFloat(style.bottom) || 0));
    }
    for (const [element, style] of news) {
      if (element.localName === "textarea") important(element, { height: `${element.scrollHeight + 4}px`, "max-height": "none" });
      else openHeight(element, style);
    }
    for (const [element] of placedByHand) if (done.has(element)) important(element, { bottom: "auto" });
  }
  makeRoom();
};

// Above the top and left of the page nothing can be scrolled to: it is brought down, by what took it there.
const contentBounds = (root) => {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity, first: null, leftmost: null };
  const look = (rect, element) => {
    if (isFarAway(rect)) return;
    if (rect.top < bounds.top) [bounds.top, bounds.first] = [rect.top, element];
    if (rect.left < bounds.left) [bounds.left, bounds.leftmost] = [rect.left, element];
    bounds.right = Math.max(bounds.right, rect.right);
    bounds.bottom = Math.max(bounds.bottom, rect.bottom);
  };
  for (const text of textsOf(root)) {
    const holder = text.parentElement ?? parentOf(text.parentNode);
    if (!isShown(holder)) continue;
    const lines = linesOf(text);
    if (lines.some((line) => line.top < -1 || line.left < -1) && isWithinReadersOnly(holder)) continue;
    for (const line of lines) look(line, holder);
  }
  for (const picture of picturesOf(root)) {
    const rect = rectOf(picture);
    if (rect.width > 2 && rect.height > 2 && isShown(picture) && !isWithinReadersOnly(picture)) look(rect, picture);
  }
  return bounds;
};

const bringDown = () => {
  const tried = new Set();
  for (let round = 0; round < MAX_ROUNDS && !isLate(); round++) {
    const { top, first } = contentBounds(document.body);
    if (!first || top >= -1) return;
    let outermost = first;
    for (let at = first; at && at !== document.body; at = parentOf(at)) if (rectOf(at).top < -1) outermost = at;
    const style = getComputedStyle(outermost);
    if (!tried.has(outermost)) {
      tried.add(outermost);
      if (isLayered(style)) {
        const isWide = rectOf(outermost).width >= 0.9 * innerWidth;
        important(outermost, { position: "relative", inset: "auto", transform: "none", translate: "none", "max-width": "100%" });
        if (!isWide) important(outermost, { margin: "0 auto" });
      } else if (style.transform !== "none" || style.translate !== "none") {
        important(outermost, { transform: "none", translate: "none" });
      } else if (parseFloat(style.marginTop) < 0) important(outermost, { "margin-top": "0" });
      else important(outermost, { position: "relative", top: "0" });
    } else {
      const own = parseFloat(getComputedStyle(document.body).marginTop) || 0;
      important(document.body, { "margin-top": `${own + Math.ceil(-top / (document.body.currentCSSZoom || 1))}px` });
      if (contentBounds(document.body).top <= top + 0.5) important(outermost, { translate: `0 ${Math.ceil(-top)}px` });
    }
  }
};
