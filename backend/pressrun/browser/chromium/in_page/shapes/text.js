// Text, word by word where it goes over several lines, so each line holds what the browser has put there.
const textOf = (text, style) => {
  if (style.textTransform === "uppercase") return text.toLocaleUpperCase();
  if (style.textTransform === "lowercase") return text.toLocaleLowerCase();
  return style.textTransform === "capitalize" ? text.replace(/(^|\s)(\S)/gu, (all) => all.toLocaleUpperCase()) : text;
};

// How far the boxes of letters of that look reach below their baseline, CSS px: asked of the layout, which rounds a font's
// own figures in its own way. What it is asked with stands behind the body, for nothing on the slides to be moved by it.
const descents = new Map();
const descentOf = (style, size) => {
  const font = `${style.fontStyle} ${style.fontWeight} ${size}px ${style.fontFamily}`;
  let descent = descents.get(font);
  if (descent === undefined) {
    const host = document.documentElement.appendChild(document.createElement("pressrun-probe"));
    host.style.cssText = "all: initial; position: fixed; contain: strict; width: 0; height: 0; visibility: hidden";
    const line = document.createElement("div");
    line.style.cssText = `white-space: pre; font: ${style.fontStyle} ${style.fontWeight} ${size / (host.currentCSSZoom ?? 1)}px ${style.fontFamily}`;
    line.innerHTML = "x<b style='display: inline-block'></b>"; // a box with nothing in it stands on the baseline
    host.attachShadow({ mode: "open" }).append(line);
    descent = rectsOf(range, line.firstChild, 0, 1)[0].bottom - line.lastChild.getBoundingClientRect().bottom;
    host.remove();
    descents.set(font, descent);
  }
  return descent;
};

// How letters look, one object for each element they stand in.
const looks = new Map();
const lookOf = (element, style, context) => {
  let look = looks.get(element);
  if (!look) {
    const zoom = element.currentCSSZoom ?? 1;
    const inline = style.display === "inline" && element !== context.block;
    const size = parseFloat(style.fontSize) * zoom;
    look = {
      font: style.fontFamily, size, weight: +style.fontWeight || 400, italic: style.fontStyle !== "normal",
      colour: paintOf(style.webkitTextFillColor ?? style.color, context.opacity),
      underline: context.lines.get("underline") ?? null, strike: context.lines.has("line-through"),
      raised: context.raised, link: context.link, lang: context.lang, code: context.code,
      numbers: element.matches(".slide-footer > .number:not(.typed)"),
      spacing: (parseFloat(style.letterSpacing) || 0) * zoom, mark: inline ? context.mark : null,
    };
    looks.set(element, look);
  }
  return look;
};

const sameLine = (line, box) => {
  const shared = Math.min(line.bottom, box.bottom) - Math.max(line.top, box.top);
  return shared > SAME_LINE * Math.min(line.bottom - line.top, box.bottom - box.top);
};

// The block whose lines are being collected.
let block = null;
const addFragment = (text, rects, style, look, context) => {
  const box = boxOf({
    left: Math.min(...rects.map((rect) => rect.left)), right: Math.max(...rects.map((rect) => rect.right)),
    top: Math.min(...rects.map((rect) => rect.top)), bottom: Math.max(...rects.map((rect) => rect.bottom)),
  }, context);
  const middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
  const { clip } = context;
  if (middle.x < clip.left - EDGE || middle.x > clip.right + EDGE || middle.y < clip.top || middle.y > clip.bottom) return;
  const last = block.lines[block.lines.length - 1];
  const goesOn = last && sameLine(last, box);
  const line = goesOn ? last : { ...box, runs: [] };
  if (!goesOn) block.lines.push(line);
  line.left = Math.min(line.left, box.left);
  line.right = Math.max(line.right, box.right);
  line.top = Math.min(line.top, box.top);
  line.bottom = Math.max(line.bottom, box.bottom);
  const before = line.runs[line.runs.length - 1];
  const gap = before ? (block.rtl ? before.left - box.right : box.left - before.right) : 0;
  if (before && before.look === look && Math.abs(gap) < 0.3) {
    before.text += text;
    before.left = Math.min(before.left, box.left);
    before.right = Math.max(before.right, box.right);
  } else line.runs.push({ text, look, gap: gap > 0.3 ? gap : 0, left: box.left, right: box.right, base: box.bottom - descentOf(style, look.size), high: box.bottom - box.top });
};

const rectsOf = (range, node, from, to) => {
  range.setStart(node, from);
  range.setEnd(node, to);
  return [...range.getClientRects()].filter((rect) => rect.width > 0 && rect.height > 0);
};
// Boxes of letters reach into the next line where lines are closer than the font would have them, as in large titles.
const isOneLine = (rects) =>
  Math.max(...rects.map((rect) => rect.top)) < Math.min(...rects.map((rect) => (rect.top + rect.bottom) / 2));

const range = document.createRange();
const addPart = (node, from, to, style, look, context) => {
  if (from >= to) return;
  const rects = rectsOf(range, node, from, to);
  if (!rects.length) return;
  const raw = node.data.slice(from, to);
  if (isOneLine(rects)) {
    let text = raw.replace(/\u00ad/g, "");
    if (!context.pre) {
      // a space that the line has no room for is not there
      const inner = raw.trim();
      if (!inner) return addFragment(" ", rects, style, look, context);
      const start = from + raw.indexOf(inner), end = start + inner.length;
      const before = start > from && rectsOf(range, node, from, start).length ? " " : "";
      const after = end < to && rectsOf(range, node, end, to).length ? " " : "";
      text = before + inner.replace(/\u00ad/g, "").replace(/[\t\n\r\f ]+/g, " ") + after;
    } else text = text.replace(/\t/g, () => " ".repeat(Math.max(1, +style.tabSize || 4))); // as wide as may be
    return addFragment(textOf(text, style).toWellFormed(), rects, style, look, context);
  }
  const cut = cutOf(raw);
  if (cut) {
    addPart(node, from, from + cut, style, look, context);
    addPart(node, from + cut, to, style, look, context);
  }
};
// Where to part what goes over several lines: at a break, between two words, between two letters.
const cutOf = (raw) => {
  const middle = raw.length >> 1;
  const lineBreak = raw.indexOf("\n");
  if (lineBreak >= 0 && lineBreak < raw.length - 1 && /\S/.test(raw.slice(0, lineBreak))) return lineBreak + 1;
  for (let away = 0; away < raw.length; away++) {
    for (const at of [middle - away, middle + away]) if (at > 0 && at < raw.length && /\s/.test(raw[at - 1])) return at;
  }
  for (let at = middle; at < raw.length; at++) if (at > 0 && !/^[\p{M}\u200d\ufe0f\udc00-\udfff]/u.test(raw.slice(at))) return at;
  return 0;
};

const addText = (node, element, style, context) => {
  if (!/\S/.test(node.data) && !context.pre) {
    if (block?.lines.length && /[ \n]/.test(node.data)) addPart(node, 0, node.data.length, style, lookOf(element, style, context), context);
    return;
  }
  if (style.visibility !== "visible" || context.opacity < FAINT) return;
  const look = lookOf(element, style, context);
  if (look.colour.alpha < FAINT) return;
  if (!block) begin(context);
  if (!context.pre) return addPart(node, 0, node.data.length, style, look, context);
  let from = 0;
  for (const line of node.data.split("\n")) {
    addPart(node, from, from + line.length, style, look, context);
    from += line.length + 1;
  }
};

const begin = (context) => {
  const { block: element } = context;
  const style = getComputedStyle(element);
  const zoom = element.currentCSSZoom ?? 1;
  const rect = boxOf(element.getBoundingClientRect(), context);
  const edge = (side) => ((parseFloat(style[`padding${side}`]) || 0) + (parseFloat(style[`border${side}Width`]) || 0)) * zoom;
  const rtl = style.direction === "rtl";
  const align = { start: rtl ? "right" : "left", end: rtl ? "left" : "right", justify: rtl ? "right" : "left" };
  const name = style.textAlign.replace("-webkit-", "");
  block = {
    context, lines: [], rtl, align: align[name] ?? name, high: (parseFloat(style.lineHeight) || 0) * zoom,
    left: rect.left + edge("Left"), right: rect.right - edge("Right"), marker: context.marker, level: context.level,
  };
  if (context.marker) context.marker = null; // of the first paragraph only
  if (context.item) context.item.marker = null;
};

// Chromium draws letters on whole CSS pixels of the document, and those on whole pixels of the picture.
const onPixel = (base, y) => round(Math.round((Math.round(base) + y) * devicePixelRatio) / devicePixelRatio);
// The baseline of the letters that a line is mostly made of.
const baseOf = ({ runs }) => {
  const plain = runs.filter(({ look }) => !look.raised);
  return plain.reduce((most, run) => (run.text.length > most.text.length ? run : most), plain[0] ?? runs[0]).base;
};

const paragraphOf = (lines, x, y, first) => ({
  kind: block.context.kind, rank: block.context.rank, rtl: block.rtl, align: block.align, high: block.high,
  left: round(block.left + x), right: round(block.right + x), marker: first ? block.marker : null, level: block.level,
  lines: lines.map((line) => ({
    left: round(line.left + x), right: round(line.right + x), top: round(line.top + y), base: onPixel(baseOf(line), y),
    runs: line.runs.map(({ text, look, gap, high, left, right }) => ({
      ...look, text, gap: round(gap), high: round(high), width: round(right - left),
    })),
  })),
});

// The block's lines go to the slides that show them, into the text box of their group or into the cell of a table.
const flush = () => {
  if (!block) return;
  const { context, lines } = block;
  for (const line of lines) {
    while (line.runs.length && !line.runs[line.runs.length - 1].text.trim() && !context.pre) line.runs.pop();
  }
  const filled = lines.filter((line) => line.runs.length);
  const firstLine = filled[0];
  if (context.cell) {
    if (filled.length) context.cell.push(paragraphOf(filled, 0, 0, true));
    block = null;
    return;
  }
  slices.forEach((slice, at) => {
    const shown = context.fixed ? filled : filled.filter((line) => {
      const seen = Math.min(line.bottom, slice.bottom) - Math.max(line.top, slice.top);
      const middle = (line.left + line.right) / 2;
      return seen >= LEGIBLE * (line.bottom - line.top) && middle >= slice.left && middle <= slice.right;
    });
    if (!shown.length) return;
    const [x, y] = context.fixed ? [0, 0] : [slice.inset - slice.left, slice.offset - slice.top];
    const paragraph = paragraphOf(shown, x, y, shown[0] === firstLine);
    const { shapes } = slides[at];
    let shape = groups[at].get(context.group);
    if (shape) shapes.splice(shapes.indexOf(shape), 1);
    else groups[at].set(context.group, (shape = { type: "text", paragraphs: [] }));
    shape.paragraphs.push(paragraph);
    shapes.push(shape); // behind what was painted since
  });
  block = null;
};
