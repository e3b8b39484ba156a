// What is so for an element and all in it.
const NUMBERED = {
  decimal: "arabicPeriod", "decimal-leading-zero": "arabicPeriod", "lower-alpha": "alphaLcPeriod", "lower-latin": "alphaLcPeriod",
  "upper-alpha": "alphaUcPeriod", "upper-latin": "alphaUcPeriod", "lower-roman": "romanLcPeriod", "upper-roman": "romanUcPeriod",
  devanagari: "hindiNumPeriod", thai: "thaiNumPeriod", "arabic-indic": "arabicPeriod", persian: "arabicPeriod",
};
const BULLETS = { disc: "•", circle: "◦", square: "▪", "disclosure-closed": "▸", "disclosure-open": "▾" };

const markerOf = (item, style) => {
  const list = item.parentElement;
  if (style.listStyleImage !== "none") return null;
  const own = getComputedStyle(item, "::marker");
  const colour = paintOf(own.color || style.color, 1);
  const type = style.listStyleType;
  if (type === "none") return null;
  if (BULLETS[type]) return { bullet: BULLETS[type], colour };
  const text = /^"(.*)"$/.exec(type);
  if (text) return text[1].trim() ? { bullet: text[1].trim(), colour } : null;
  const items = [...(list?.children ?? [])].filter((each) => each.tagName === "LI");
  const set = items.slice(0, items.indexOf(item) + 1).findLastIndex((each) => each.hasAttribute("value"));
  const step = list?.reversed ? -1 : 1;
  const begin = list?.hasAttribute("start") ? list.start : list?.reversed ? items.length : 1;
  const at = set < 0 ? begin + step * items.indexOf(item) : items[set].value + step * (items.indexOf(item) - set);
  return { number: NUMBERED[type] ?? "arabicPeriod", value: at, colour };
};

const isTransformed = (style) => {
  const matrix = /^matrix\(([^)]*)\)$/.exec(style.transform);
  const still = style.transform === "none" || (matrix && matrix[1].split(", ").slice(0, 4).join() === "1,0,0,1");
  return !still || (style.rotate && style.rotate !== "none") || (style.scale && style.scale !== "none");
};
// What no shape of a presentation can say of all that is in an element.
const isBeyond = (style) =>
  isTransformed(style) || (style.filter !== "none" && style.filter !== "") || style.mixBlendMode !== "normal" ||
  (style.clipPath !== "none" && style.clipPath !== "") || (style.maskImage ?? "none") !== "none" ||
  /text/.test(style.webkitBackgroundClip) || /^(vertical|sideways)/.test(style.writingMode);

// Lines under and through letters, each with how it is drawn.
const decorationOf = ({ textDecorationLine: lines, textDecorationStyle: kind, textDecorationColor: colour }, opacity) =>
  !lines || lines === "none" ? [] : lines.split(" ").map((line) => [line, { kind, colour: paintOf(colour, opacity) }]);

const contextOf = (element, style, outer) => {
  const context = { ...outer };
  const opacity = parseFloat(style.opacity);
  if (opacity < 1) context.opacity = outer.opacity * opacity;
  if (style.position === "fixed" && !outer.fixed) {
    context.fixed = true;
    context.clip = EVERYWHERE;
  } else if (style.position === "absolute") context.clip = outer.outer;
  const isBox = style.display !== "inline" && style.display !== "contents";
  if (isBox && (style.overflowX !== "visible" || style.overflowY !== "visible") && element !== document.body) {
    const box = boxOf(element.getBoundingClientRect(), context);
    const [wide, high] = [style.overflowX !== "visible", style.overflowY !== "visible"];
    context.clip = meet(context.clip, {
      left: wide ? box.left : -Infinity, right: wide ? box.right : Infinity, top: high ? box.top : -Infinity, bottom: high ? box.bottom : Infinity,
    });
  }
  if (style.position !== "static") context.outer = context.clip;
  const lang = element.getAttribute("lang");
  if (lang) context.lang = lang;
  const decoration = decorationOf(style, context.opacity);
  if (decoration.length) context.lines = new Map([...outer.lines, ...decoration]);
  if (/^inline-/.test(style.display)) context.lines = new Map(decoration);
  if (element.tagName === "A" && element.hasAttribute("href")) context.link = element.getAttribute("href");
  if (/^(CODE|PRE|KBD|SAMP|TT)$/.test(element.tagName)) context.code = true;
  if (style.display === "inline") {
    if (/^(super|sub)$/.test(style.verticalAlign)) context.raised = style.verticalAlign;
    const mark = paintOf(style.backgroundColor, context.opacity);
    if (mark.alpha > FAINT) context.mark = mark;
  } else if (isBox) {
    context.block = element;
    context.mark = null;
    context.raised = null;
    context.pre = /^(pre|break-spaces)/.test(style.whiteSpaceCollapse ?? style.whiteSpace);
  }
  return context;
};

// What a paragraph is, and with which others it shares a text box.
const placeIn = (element, style, context, outer) => {
  const tag = element.tagName;
  const heading = /^H([1-6])$/.exec(tag);
  const isList = /^(UL|OL|MENU|DL)$/.test(tag);
  if (isList) {
    context.level = outer.list ? outer.level + 1 : 0;
    context.list = element;
    if (!outer.list) context.group = ++groupNumber;
  }
  if (heading || element.getAttribute("role") === "heading") {
    context.kind = "heading";
    context.rank = heading ? +heading[1] : +element.getAttribute("aria-level") || 2;
    context.group = ++groupNumber;
  } else if (!context.list && !(tag === "P" && element.previousElementSibling?.tagName === "P" && context.previous === element.previousElementSibling)) {
    context.group = ++groupNumber;
  } else if (!context.list) context.group = context.previousGroup;
  if (style.display === "list-item" && tag !== "SUMMARY") {
    const marker = markerOf(element, style);
    context.item = { marker };
    context.marker = marker;
  } else context.marker = context.item?.marker && outer.item === context.item ? context.item.marker : null;
};

const EVERYWHERE = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
