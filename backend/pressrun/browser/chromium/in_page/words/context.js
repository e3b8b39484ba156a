// What is so for an element and all in it.
const meet = (one, other) => ({
  left: Math.max(one.left, other.left), top: Math.max(one.top, other.top),
  right: Math.min(one.right, other.right), bottom: Math.min(one.bottom, other.bottom),
});

const clipOf = (element, style, context, outer) => {
  let { clip } = context;
  const { overflowX, overflowY, clipPath } = style;
  const rect = /^rect\((.+)\)$/.exec(style.clip);
  if (overflowX === "visible" && overflowY === "visible" && clipPath === "none" && !rect) return clip;
  const box = boxOf(element, outer);
  if (!context.isPage && (overflowX !== "visible" || overflowY !== "visible")) {
    clip = meet(clip, {
      left: overflowX === "visible" ? -Infinity : box.left, right: overflowX === "visible" ? Infinity : box.right,
      top: overflowY === "visible" ? -Infinity : box.top, bottom: overflowY === "visible" ? Infinity : box.bottom,
    });
  }
  if (rect && /^(absolute|fixed)$/.test(style.position)) {
    const [top, right, bottom, left] = rect[1].split(/,? +/).map(parseFloat);
    clip = meet(clip, {
      left: box.left + (left || 0), top: box.top + (top || 0),
      right: Number.isNaN(right) ? Infinity : box.left + right, bottom: Number.isNaN(bottom) ? Infinity : box.top + bottom,
    });
  }
  const inset = /^inset\(([^)]*?)( round .*)?\)$/.exec(clipPath);
  if (inset) {
    const sides = inset[1].trim().split(/ +/);
    const [top, right = top, bottom = top, left = right] = sides;
    const px = (side, whole) => (side.endsWith("%") ? (parseFloat(side) / 100) * whole : parseFloat(side) || 0);
    const wide = box.right - box.left, high = box.bottom - box.top;
    clip = meet(clip, {
      left: box.left + px(left, wide), right: box.right - px(right, wide),
      top: box.top + px(top, high), bottom: box.bottom - px(bottom, high),
    });
  } else if (/^(circle|ellipse)\(0(px|%)?[ )]/.test(clipPath)) {
    clip = { left: 0, top: 0, right: 0, bottom: 0 };
  }
  return clip;
};

const langOf = (element, context) => element.getAttribute("lang") ?? element.getAttribute("xml:lang") ?? context.lang;

const kindOf = (element, context) => {
  const heading = /^H([1-6])$/.exec(element.tagName);
  if (heading) return ["heading", Number(heading[1])];
  if (element.getAttribute("role") === "heading") return ["heading", Number(element.getAttribute("aria-level")) || 2];
  const kind = KINDS[element.tagName];
  return kind ? [kind, null] : [context.kind, context.level];
};

// A style is asked for what the document's own words could have set, and for no more: each answer takes a microsecond.
// Where they cannot all be read (a sheet behind a link, escapes, other trees) everything is asked.
const words = document.documentElement.outerHTML;
const sheets = [...document.getElementsByTagName("style")].map((sheet) => sheet.textContent).join("\n");
const elsewhere = "link[rel~=stylesheet], iframe, frame";
const unread = /\\|@import/i.test(sheets) || /\sstyle="[^"]*\\/i.test(words) || document.querySelector(elsewhere) ||
  [...document.getElementsByTagName("*")].some((element) => element.shadowRoot);
const uses = (pattern) => unread || pattern.test(words);
const USED = {
  opacity: uses(/opacity/i), filter: uses(/filter/i), away: uses(/position|absolute|fixed|transform|rotate|scale|translate/i),
  image: uses(/gradient|url\(|image/i), ground: uses(/background|bgcolor/i), clipped: uses(/overflow|clip|marquee|contain/i),
  direction: uses(/direction|\bdir\b/i), pre: uses(/white-space|nowrap/i), skipped: uses(/content-visibility/i),
  decorated: uses(/text-shadow|text-stroke/i),
};
const PRE = new Set("PRE LISTING XMP".split(" "));
const CUT = new Set("svg foreignObject MARQUEE BUTTON".split(" "));

const away = (style, context, outer) => {
  if (style.position === "fixed" && !outer.fixed) {
    context.fixed = true;
    context.clip = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
  } else if (style.position === "absolute") context.clip = outer.outer;
};

const paint = (style, context) => {
  if (USED.filter && style.filter !== "none") {
    context.background = null;
    context.hidden ||= /opacity\(0\)/.test(style.filter);
  }
  if (USED.image && style.backgroundImage !== "none") context.background = null;
  else if (USED.ground) {
    const colour = style.backgroundColor;
    if (isOpaque(colour)) context.background = colour;
    else if (!isClear(colour)) context.background = null;
  }
  if (USED.clipped && /text/.test(style.webkitBackgroundClip)) context.clipsText = true;
};

const HTML = "http://www.w3.org/1999/xhtml";
// Whether a word in an element within a line is as any other of that line: most are.
const isPlain = (element, style, outer) =>
  !outer.isPage && !outer.svg && element.className !== "footnote-ref" && !element.hasAttribute(ADDED) && element.namespaceURI === HTML &&
  !(USED.opacity && style.opacity !== "1") && !(USED.filter && style.filter !== "none") &&
  !(USED.away && style.position !== "static") && !(USED.image && style.backgroundImage !== "none") &&
  !(USED.ground && !isClear(style.backgroundColor)) && !(USED.clipped && /text/.test(style.webkitBackgroundClip));

// What is so for an element and all in it.
const contextOf = (element, style, outer, inline) => {
  const tag = element.tagName;
  if (style.display === "inline" && isPlain(element, style, outer)) return outer;
  const context = { ...outer, isPage: outer.isPage && (tag === "BODY" || tag === "HTML") };
  const isBox = style.display !== "contents" && style.display !== "inline";
  if (USED.opacity && parseFloat(style.opacity) < 1) {
    context.opacity = outer.opacity * parseFloat(style.opacity);
    context.hidden = outer.hidden || context.opacity < FAINT;
  }
  if (USED.away) away(style, context, outer);
  paint(style, context);
  if (isBox && (USED.clipped || CUT.has(tag))) context.clip = clipOf(element, style, context, outer);
  if (USED.away && (style.position !== "static" || style.transform !== "none")) context.outer = context.clip;
  if (!inline) {
    context.continues = element.classList.contains("parted"); // compose_build.js says so
    context.within = element.classList.contains("within");
  }
  context.svg = element.namespaceURI === "http://www.w3.org/2000/svg";
  if (element.className === "footnote-ref" || element.hasAttribute(ADDED)) context.added = true;
  if (element.localName === "math") context.maths = true;
  if (!inline) {
    [context.kind, context.level] = kindOf(element, context);
    context.lang = langOf(element, context);
    if (USED.direction) context.dir = style.direction;
    context.pre = USED.pre ? /^(pre|break-spaces)/.test(style.whiteSpace) : PRE.has(tag) || outer.pre;
  }
  return context;
};
