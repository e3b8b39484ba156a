// What is painted on the slides, as shapes of a presentation: called once the slices are known. `places` are theirs (CSS
// px, page_breaks.Slice), `width` and `height` a slide's. Answers with the JSON of slide_shapes.SlideShapes, in the order of
// painting. What no shape can say is a piece: it is marked for `isolate.js`, and a picture is taken of it alone.
//
// Text is measured word by word where it goes over several lines, so each line holds what the browser has put there.
({ places, width, height }) => {
  const PIECES = new Set("svg math canvas video audio iframe frame object embed input select textarea meter progress img".split(" "));
  const SILENT = new Set("SCRIPT STYLE TEMPLATE NOEMBED NOFRAMES HEAD TITLE META LINK NOSCRIPT PRESSRUN-ROOM".split(" "));
  const EDGE = 0.5; // CSS px; neighbours touch in 1/64, and the last row of a screen is no whole one
  const LEGIBLE = 0.65; // of a line's height, as in painted_words.js
  const FAINT = 0.02;
  const SAME_LINE = 0.4; // of the lower box of two
  const NUMBERED = {
    decimal: "arabicPeriod", "decimal-leading-zero": "arabicPeriod", "lower-alpha": "alphaLcPeriod", "lower-latin": "alphaLcPeriod",
    "upper-alpha": "alphaUcPeriod", "upper-latin": "alphaUcPeriod", "lower-roman": "romanLcPeriod", "upper-roman": "romanUcPeriod",
    devanagari: "hindiNumPeriod", thai: "thaiNumPeriod", "arabic-indic": "arabicPeriod", persian: "arabicPeriod",
  };
  const BULLETS = { disc: "•", circle: "◦", square: "▪", "disclosure-closed": "▸", "disclosure-open": "▾" };
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

  // Colours as [red, green, blue, alpha]; those of other spaces are painted to find out.
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const colourOf = (text) => {
    let colour = known.get(text);
    if (!colour) {
      const plain = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(text);
      if (plain) colour = [+plain[1], +plain[2], +plain[3], plain[4] === undefined ? 1 : +plain[4]];
      else {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = "rgba(0, 0, 0, 0)";
        pen.fillStyle = text;
        pen.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
        colour = [red, green, blue, alpha / 255];
      }
      known.set(text, colour);
    }
    return colour;
  };
  const paintOf = (text, opacity) => {
    const [red, green, blue, alpha] = colourOf(text);
    return { red, green, blue, alpha: Math.round(alpha * opacity * 1000) / 1000 };
  };

  // A linear gradient in one layer, or null.
  const gradientOf = (image, opacity) => {
    const found = /^linear-gradient\((.*)\)$/.exec(image);
    if (!found) return null;
    const parts = found[1].split(/,\s*(?![^()]*\))/);
    if (parts.some((part) => /gradient|url/.test(part))) return null;
    let angle = 180;
    const SIDES = { "to top": 0, "to right": 90, "to bottom": 180, "to left": 270, "to top right": 45, "to bottom right": 135, "to bottom left": 225, "to top left": 315 };
    if (/^-?[\d.]+deg$/.test(parts[0])) angle = parseFloat(parts.shift());
    else if (parts[0].startsWith("to ")) angle = SIDES[parts.shift()] ?? NaN;
    const stops = parts.map((part) => /^(.*?\)|\S+)(?: (-?[\d.]+)%)?$/.exec(part)).map((stop) => stop && { ...paintOf(stop[1], opacity), at: stop[2] === undefined ? null : parseFloat(stop[2]) });
    if (Number.isNaN(angle) || stops.length < 2 || stops.some((stop) => !stop)) return null;
    stops[0].at ??= 0;
    stops[stops.length - 1].at ??= 100;
    for (let at = 1; at < stops.length - 1; at++) {
      if (stops[at].at !== null) continue;
      let next = at;
      while (stops[next].at === null) next++;
      const from = stops[at - 1].at;
      for (let each = at; each < next; each++) stops[each].at = from + ((stops[next].at - from) * (each - at + 1)) / (next - at + 1);
    }
    return { angle: ((angle % 360) + 360) % 360, stops };
  };

  const put = (slide, shape) => slides[slide].shapes.push(shape);

  const addPiece = (element, kind, box, context, alt) => {
    const number = ++pieces;
    let used = false;
    for (const [slide, x, y, shown] of placesOf(box, context)) {
      const seen = meet(meet(box, context.clip), shown);
      if (!isSeen(seen)) continue;
      used = true;
      put(slide, { type: "piece", number, box: on(seen, x, y), alt, words: kind === "all" ? (element.textContent ?? "").trim() : "" });
    }
    if (used) element.setAttribute(`pressrun-piece-${kind}`, number);
  };

  const sidesOf = (style, opacity) => ["Top", "Right", "Bottom", "Left"].map((side) => {
    const line = style[`border${side}Style`], thick = parseFloat(style[`border${side}Width`]);
    const paint = paintOf(style[`border${side}Color`], opacity);
    return thick > 0 && line !== "none" && line !== "hidden" && paint.alpha > FAINT ? { width: thick, line, ...paint } : null;
  });

  // Background, border and shadow of an element.
  const addBox = (element, style, context) => {
    const zoom = element.currentCSSZoom ?? 1;
    const box = boxOf(element.getBoundingClientRect(), context);
    if (!isSeen(box)) return;
    const colour = paintOf(style.backgroundColor, context.opacity);
    const image = style.backgroundImage;
    const gradient = image === "none" ? null : gradientOf(image, context.opacity);
    const sides = sidesOf(style, context.opacity).map((side) => side && { ...side, width: side.width * zoom });
    const special = (image !== "none" && !gradient) || /text/.test(style.webkitBackgroundClip) || style.borderImageSource !== "none" ||
      sides.some((side) => side && /double|groove|ridge|inset|outset/.test(side.line));
    if (special) return addPiece(element, "own", box, context, "");
    const filled = colour.alpha > FAINT || gradient;
    if (!filled && !sides.some(Boolean)) return;
    const radii = [style.borderTopLeftRadius, style.borderTopRightRadius, style.borderBottomRightRadius, style.borderBottomLeftRadius]
      .map((radius) => (radius.includes("%") ? (parseFloat(radius) / 100) * Math.min(box.right - box.left, box.bottom - box.top) : parseFloat(radius) * zoom));
    const shadow = /^(rgba?\([^)]*\)) (-?[\d.]+)px (-?[\d.]+)px ([\d.]+)px (-?[\d.]+)px$/.exec(style.boxShadow);
    for (const [slide, x, y, shown] of placesOf(box, context)) {
      const seen = meet(meet(box, context.clip), shown);
      if (!isSeen(seen)) continue;
      const cut = [seen.top > box.top + EDGE, seen.right < box.right - EDGE, seen.bottom < box.bottom - EDGE, seen.left > box.left + EDGE];
      put(slide, {
        type: "box", box: on(seen, x, y), fill: colour.alpha > FAINT && !gradient ? colour : null, gradient,
        radius: round(Math.min(...radii)), sides: sides.map((side, at) => (cut[at] ? null : side)),
        shadow: shadow && { ...paintOf(shadow[1], context.opacity), x: +shadow[2] * zoom, y: +shadow[3] * zoom, blur: +shadow[4] * zoom },
      });
    }
  };

  const textOf = (text, style) => {
    if (style.textTransform === "uppercase") return text.toLocaleUpperCase();
    if (style.textTransform === "lowercase") return text.toLocaleLowerCase();
    return style.textTransform === "capitalize" ? text.replace(/(^|\s)(\S)/gu, (all) => all.toLocaleUpperCase()) : text;
  };

  // How letters look, one object for each element they stand in.
  const looks = new Map();
  const lookOf = (element, style, context) => {
    let look = looks.get(element);
    if (!look) {
      const zoom = element.currentCSSZoom ?? 1;
      const inline = style.display === "inline" && element !== context.block;
      look = {
        font: style.fontFamily, size: parseFloat(style.fontSize) * zoom, weight: +style.fontWeight || 400, italic: style.fontStyle !== "normal",
        colour: paintOf(style.webkitTextFillColor ?? style.color, context.opacity),
        underline: context.lines.has("underline"), strike: context.lines.has("line-through"),
        raised: context.raised, link: context.link, lang: context.lang, code: context.code,
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
  const addFragment = (text, rects, look, context) => {
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
    } else line.runs.push({ text, look, gap: gap > 0.3 ? gap : 0, left: box.left, right: box.right, low: box.bottom, high: box.bottom - box.top });
  };

  const rectsOf = (range, node, from, to) => {
    range.setStart(node, from);
    range.setEnd(node, to);
    return [...range.getClientRects()].filter((rect) => rect.width > 0 && rect.height > 0);
  };
  const isOneLine = (rects) => Math.max(...rects.map((rect) => rect.top)) < Math.min(...rects.map((rect) => rect.bottom)) - 1;

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
        if (!inner) return addFragment(" ", rects, look, context);
        const start = from + raw.indexOf(inner), end = start + inner.length;
        const before = start > from && rectsOf(range, node, from, start).length ? " " : "";
        const after = end < to && rectsOf(range, node, end, to).length ? " " : "";
        text = before + inner.replace(/\u00ad/g, "").replace(/[\t\n\r\f ]+/g, " ") + after;
      } else text = text.replace(/\t/g, () => " ".repeat(Math.max(1, +style.tabSize || 4))); // as wide as may be
      return addFragment(textOf(text, style).toWellFormed(), rects, look, context);
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

  // Where the letters that a line is mostly made of end: others reach lower, and its neighbours need not have them.
  const lowOf = ({ runs, bottom }) => {
    const plain = runs.filter(({ look }) => !look.raised);
    return plain.reduce((most, run) => (run.text.length > most.text.length ? run : most), plain[0] ?? { text: "", low: bottom }).low;
  };

  const paragraphOf = (lines, x, y, first) => ({
    kind: block.context.kind, rank: block.context.rank, rtl: block.rtl, align: block.align, high: block.high,
    left: round(block.left + x), right: round(block.right + x), marker: first ? block.marker : null, level: block.level,
    lines: lines.map((line) => ({
      left: round(line.left + x), right: round(line.right + x), top: round(line.top + y), bottom: round(lowOf(line) + y),
      runs: line.runs.map(({ text, look, gap, high }) => ({ ...look, text, gap: round(gap), high: round(high) })),
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

  // A table of rows and cells, whose cells hold paragraphs; null if it is laid out otherwise.
  const addTable = (element, style, context) => {
    const rows = [...element.rows].filter((row) => row.getClientRects().length);
    const cells = [];
    const xs = [], ys = [];
    const note = (list, value) => {
      const near = list.find((each) => Math.abs(each - value) < 1.5);
      if (near === undefined) list.push(value);
    };
    const boxes = rows.map((row) => boxOf(row.getBoundingClientRect(), context));
    for (const [at, row] of rows.entries()) {
      note(ys, boxes[at].top);
      note(ys, boxes[at].bottom);
      for (const cell of row.cells) {
        const box = boxOf(cell.getBoundingClientRect(), context);
        note(xs, box.left);
        note(xs, box.right);
        cells.push({ cell, box, row });
      }
    }
    if (!cells.length) return;
    xs.sort((one, other) => one - other);
    ys.sort((one, other) => one - other);
    const indexOf = (list, value) => list.reduce((best, each, at) => (Math.abs(each - value) < Math.abs(list[best] - value) ? at : best), 0);
    const groundOf = (each) => {
      for (let node = each; node && node !== element.parentElement; node = node.parentElement) {
        const paint = paintOf(getComputedStyle(node).backgroundColor, context.opacity);
        if (paint.alpha > FAINT) return paint;
      }
      return null;
    };
    const held = cells.map(({ cell, box, row }) => {
      const own = getComputedStyle(cell), rowStyle = getComputedStyle(row);
      const paragraphs = [];
      const inside = { ...contextOf(cell, own, context), cell: paragraphs, block: cell, list: null, level: 0, kind: "cell" };
      flush();
      walkChildren(cell, own, inside);
      flush();
      const lines = sidesOf(own, context.opacity), rowLines = sidesOf(rowStyle, context.opacity);
      return {
        box, paragraphs, ground: groundOf(cell), sides: lines.map((side, at) => side ?? (at % 2 ? null : rowLines[at])),
        x: indexOf(xs, box.left), right: indexOf(xs, box.right), y: indexOf(ys, box.top), bottom: indexOf(ys, box.bottom),
      };
    });
    slices.forEach((slice, at) => {
      const isShown = (from, to) => {
        const seen = Math.min(to, slice.bottom) - Math.max(from, slice.top);
        return context.fixed || seen > LEGIBLE * (to - from);
      };
      const first = ys.slice(0, -1).findIndex((y, number) => isShown(y, ys[number + 1]));
      const last = ys.slice(0, -1).findLastIndex((y, number) => isShown(y, ys[number + 1]));
      if (first < 0) return;
      const [x, y] = context.fixed ? [0, 0] : [slice.inset - slice.left, slice.offset - slice.top];
      const box = { left: xs[0], right: xs[xs.length - 1], top: ys[first], bottom: ys[last + 1] };
      if (!context.fixed && !isSeen(meet(box, slice))) return;
      put(at, {
        type: "table", box: on(box, x, y), rtl: style.direction === "rtl", head: Boolean(element.tHead) && first === 0,
        columns: xs.slice(1).map((right, number) => round(right - xs[number])),
        rows: ys.slice(first + 1, last + 2).map((bottom, number) => round(bottom - ys[first + number])),
        cells: held.filter((cell) => cell.bottom > first && cell.y <= last).map((cell) => ({
          x: cell.x, y: Math.max(0, cell.y - first), across: Math.max(1, cell.right - cell.x),
          down: Math.max(1, Math.min(last + 1, cell.bottom) - Math.max(first, cell.y)),
          box: on(cell.box, x, y), ground: cell.ground, sides: cell.sides,
          paragraphs: cell.paragraphs.map((paragraph) => ({
            ...paragraph, left: round(paragraph.left + x), right: round(paragraph.right + x),
            lines: paragraph.lines.map((line) => ({
              ...line, left: round(line.left + x), right: round(line.right + x), top: round(line.top + y), bottom: round(line.bottom + y),
            })),
          })),
        })),
      });
    });
  };

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
    const decoration = style.textDecorationLine;
    if (decoration && decoration !== "none") context.lines = new Set([...outer.lines, ...decoration.split(" ")]);
    if (/^inline-/.test(style.display)) context.lines = new Set(decoration === "none" ? [] : decoration.split(" "));
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

  const walkChildren = (element, style, context) => {
    if (style.contentVisibility === "hidden") return;
    const parent = element.shadowRoot ?? element;
    const children = element.tagName === "SLOT" ? element.assignedNodes({ flatten: true }) : parent.childNodes;
    const closed = element.tagName === "DETAILS" && !element.open;
    for (const child of children) {
      if (child.nodeType === 1) {
        if (!closed || child.tagName === "SUMMARY") walk(child, context);
      } else if (child.nodeType === 3 && !closed) addText(child, element, style, context);
    }
  };

  const hasContent = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    if (/^(none|normal)$/.test(style.content) || style.display === "none") return false;
    return style.content !== '""' || style.backgroundImage !== "none" || colourOf(style.backgroundColor)[3] > FAINT ||
      ["Top", "Right", "Bottom", "Left"].some((side) => parseFloat(style[`border${side}Width`]) > 0);
  };
  const AROUND = 24; // CSS px around an element where its pseudo-elements are looked for
  const addPseudo = (element, style, context) => {
    if (!hasContent(element, "::before") && !hasContent(element, "::after")) return;
    const box = boxOf(element.getBoundingClientRect(), context);
    addPiece(element, "pseudo", { left: box.left - AROUND, top: box.top - AROUND, right: box.right + AROUND, bottom: box.bottom + AROUND }, context, "");
  };

  const altOf = (element) => {
    const said = element.getAttribute("alt") ?? element.getAttribute("aria-label") ?? element.getAttribute("title");
    if (said !== null) return said;
    if (element.localName === "svg") return element.querySelector(":scope > title")?.textContent ?? "";
    if (element.localName === "math") return element.querySelector("annotation")?.textContent ?? element.getAttribute("alttext") ?? element.textContent;
    return (element.textContent ?? "").trim();
  };

  const EVERYWHERE = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
  const walk = (element, outer) => {
    const tag = element.tagName;
    if (SILENT.has(tag.toUpperCase())) return;
    if (tag === "BR" || tag === "WBR") return;
    const style = getComputedStyle(element);
    if (style.display === "none" || outer.opacity * parseFloat(style.opacity) < FAINT) return;
    const context = contextOf(element, style, outer);
    const inline = /^(inline|contents|ruby)/.test(style.display) && !/^inline-/.test(style.display);
    const shown = style.visibility === "visible";
    const isPage = element === document.body;
    if (PIECES.has(element.localName) || (!isPage && style.display !== "contents" && isBeyond(style))) {
      if (!inline && !/^inline-/.test(style.display)) flush();
      if (shown) addPiece(element, "all", boxOf(element.getBoundingClientRect(), context), context, altOf(element));
      return;
    }
    if (inline) {
      if (shown && style.display !== "contents") addPseudo(element, style, context);
      walkChildren(element, style, context);
      return;
    }
    const aside = block && /^inline-/.test(style.display) ? block : null; // a box in a line, which goes on behind it
    if (aside) block = null;
    else flush();
    placeIn(element, style, context, outer);
    if (shown && !isPage) addBox(element, style, context);
    if (shown) addPseudo(element, style, context);
    if (tag === "TABLE" && element.rows.length && !context.cell) {
      for (const caption of element.children) if (caption.tagName === "CAPTION") walk(caption, context);
      addTable(element, style, context);
    } else walkChildren(element, style, context);
    flush();
    if (aside) block = aside;
    outer.previous = element;
    outer.previousGroup = context.group;
  };

  // What lies behind everything: the colour of the canvas, a gradient of it, or a picture of each slide's.
  const canvas = () => {
    const root = getComputedStyle(document.documentElement), body = getComputedStyle(document.body);
    const of = [root, body].find((style) => style.backgroundImage !== "none" || colourOf(style.backgroundColor)[3] > FAINT);
    const white = { red: 255, green: 255, blue: 255, alpha: 1 };
    if (!of) return { colour: white, picture: false };
    const colour = paintOf(of.backgroundColor, 1);
    return { colour: colour.alpha > 0.99 ? colour : white, picture: of.backgroundImage !== "none" || (colour.alpha > FAINT && colour.alpha < 0.99) };
  };

  const vertical = !document.body || /^(vertical|sideways)/.test(getComputedStyle(document.body).writingMode);
  const ground = document.body ? canvas() : null;
  if (!vertical) {
    const style = getComputedStyle(document.body);
    const root = document.documentElement;
    const context = {
      clip: EVERYWHERE, outer: EVERYWHERE, opacity: parseFloat(style.opacity) || 1, fixed: false, block: document.body, lines: new Set(),
      link: null, lang: root.lang, code: false, raised: null, mark: null, pre: false, group: ++groupNumber, list: null, level: 0,
      item: null, marker: null, kind: "paragraph", rank: null, cell: null,
    };
    walk(document.body, context);
    flush();
  }
  // One string: as objects it would take the protocol three times as long.
  return JSON.stringify({ width, height, vertical, ground, slides });
}
