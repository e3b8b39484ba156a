// What the slides say, slide by slide: called once the slices are known. `places` are theirs (CSS px, page_breaks.Slice),
// `width` and `height` a slide's. Answers with the JSON of slide_texts.SlideTexts. Changes nothing.
//
// A text node is asked for the boxes of its lines. Where they lie on one slide and nothing cuts them that is all;
// else it is halved until each piece lies in one place, word by word at the last.
({ places, width, height, truncated }) => {
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

  const flush = () => {
    if (!block) return;
    const { context, parts } = block;
    block = null;
    let above = null; // what of the block stands on the slide before
    for (let from = 0; from < parts.length; ) {
      let to = from, text = "", box = null;
      const added = [];
      const { place } = parts[from];
      for (; to < parts.length && (parts[to].place === place || parts[to].place === null); to++) {
        text += parts[to].text;
        if (parts[to].added) added.push(parts[to].text.trim());
        if (parts[to].box) box = union(box, parts[to].box);
      }
      from = to;
      text = (context.pre ? text : text.replace(/ *\n */g, "\n").replace(/ {2,}/g, " ")).trim().toWellFormed();
      if (!text || place === null) continue;
      if (place < 0) {
        if (SAID.test(text)) not_shown.push({ text, why: WHY[place] });
      } else {
        const { kind, level, lang, dir } = context;
        const continues = (above !== null && !above.endsWith("\n")) || (above === null && context.continues);
        above = text;
        const joined = continues && context.within;
        slides[place].blocks.push({ kind, level, text, added, continues, joined, lang, dir, box: boxOn(place, box, context.fixed) });
      }
    }
  };

  const stand = (place, context) => {
    if (place === null || place < 0 || context.fixed) return;
    standing = place;
    if (waiting.length) notes[place].push(...waiting.splice(0));
  };

  const BLOCKS = /^(P|LI|DT|DD|H[1-6]|DIV|TR|PRE|BLOCKQUOTE|UL|OL|TABLE|SECTION)$/;
  const plainText = (node) => {
    if (node.nodeType === 3) return node.data.replace(/\s+/g, " ");
    if (node.nodeType !== 1 || SILENT.has(node.tagName)) return "";
    if (node.tagName === "BR") return "\n";
    if (node.tagName === "PRE") return `\n${node.textContent}\n`;
    const inside = [...node.childNodes].map(plainText).join("");
    return BLOCKS.test(node.tagName) ? `\n${inside}\n` : inside;
  };

  const addNotes = (element) => {
    const text = plainText(element).replace(/ *\n */g, "\n").replace(/\n{2,}/g, "\n").trim().toWellFormed();
    if (text) (standing === null ? waiting : notes[standing]).push(text);
  };

  const put = (text, place, box, context) => {
    stand(place, context);
    if (!block) block = { context, parts: [] };
    const written = context.pre ? text : text.replace(/[\t\n\r\f ]+/g, " ");
    const last = block.parts[block.parts.length - 1];
    if (last && last.place === place && !last.added && !context.added) {
      last.text += written;
      if (box) last.box = union(last.box, box);
    } else block.parts.push({ text: written, place, box, added: context.added });
  };

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

  const boxOf = (element, context) => {
    const { dx, dy } = context.frame;
    const rect = element.getBoundingClientRect();
    return { left: rect.left + dx, top: rect.top + dy, right: rect.right + dx, bottom: rect.bottom + dy };
  };

  const hide = (text, context) => {
    flush();
    put(text, HIDDEN, null, context);
    flush();
  };

  // The text of what is not rendered at all.
  const hideAll = (element, context) => {
    flush();
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) =>
      node.nodeType === 1 && (SILENT.has(node.tagName) || SVG_SILENT.has(node.localName)) ? NodeFilter.FILTER_REJECT
      : node.nodeType === 1 ? NodeFilter.FILTER_SKIP : NodeFilter.FILTER_ACCEPT);
    while (walker.nextNode()) put(`${walker.currentNode.data} `, HIDDEN, null, context);
    flush();
  };

  // The words of a drawing that is a picture.
  const wordsOfDrawing = (source) => {
    if (!/^data:image\/svg\+xml/i.test(source) || source.length > MAX_SVG_CHARACTERS) return "";
    try {
      const [kind, ...rest] = source.split(",");
      const raw = rest.join(",");
      const bytes = /;base64/i.test(kind) ? Uint8Array.from(atob(decodeURIComponent(raw)), (sign) => sign.charCodeAt(0)) : null;
      const text = bytes ? new TextDecoder().decode(bytes) : decodeURIComponent(raw);
      const drawing = new DOMParser().parseFromString(text, "image/svg+xml");
      const walker = drawing.createTreeWalker(drawing.documentElement, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) =>
        node.nodeType === 1 ? (SVG_SILENT.has(node.localName) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP)
        : NodeFilter.FILTER_ACCEPT);
      const found = [];
      while (walker.nextNode()) found.push(walker.currentNode.data);
      return found.join(" ").replace(/\s+/g, " ").trim();
    } catch {
      return "";
    }
  };

  const addPicture = (element, context, style, alt, words, broken) => {
    const box = boxOf(element, context);
    const invisible = context.hidden || style.visibility !== "visible";
    const small = box.right - box.left <= TINY && box.bottom - box.top <= TINY;
    if (small && (!broken || !alt)) return; // a pixel that counts readers
    const place = invisible ? HIDDEN : placeOf(box, context)[0];
    if (broken || place < 0) lost_pictures.push({ alt, why: broken ? "not_loaded" : WHY[place] });
    else {
      slides[place].pictures.push({ alt, words, box: boxOn(place, box, context.fixed) });
      stand(place, context);
    }
  };

  const addField = (element, context, style) => {
    const box = boxOf(element, context);
    const place = context.hidden || style.visibility !== "visible" ? HIDDEN : placeOf(box, context)[0];
    const inside = { ...context, kind: "field" };
    if (element.tagName === "SELECT") {
      const shown = element.size > 1 || element.multiple;
      for (const option of element.options) {
        const at = shown ? placeOf(boxOf(option, context), { ...context, clip: meet(context.clip, box) })[0] : place;
        flush();
        put(option.textContent, shown || option.selected ? at : HIDDEN, shown ? boxOf(option, context) : box, inside);
      }
    } else if (element.tagName === "TEXTAREA") {
      const cut = element.scrollHeight > element.clientHeight + 4 * EDGE ? CLIPPED : place;
      flush();
      put(element.value, Math.min(cut, place), box, { ...inside, pre: true });
    } else if (!["hidden", "password", "checkbox", "radio", "range", "color", "file", "image"].includes(element.type)) {
      flush();
      put(element.value || element.placeholder || "", place, box, { ...inside, kind: "value" });
    }
    flush();
  };

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

  const walkFrame = (element, context, box) => {
    let inner = null;
    try {
      inner = element.contentDocument;
    } catch {
      return; // of an origin of its own
    }
    const root = inner?.body ?? inner?.documentElement;
    if (!root) return;
    flush();
    const style = getComputedStyle(element);
    const view = {
      left: box.left + element.clientLeft + (parseFloat(style.paddingLeft) || 0),
      top: box.top + element.clientTop + (parseFloat(style.paddingTop) || 0),
    };
    const clip = meet(context.clip, { ...view, right: view.left + element.clientWidth, bottom: view.top + element.clientHeight });
    const frame = { dx: view.left, dy: view.top, range: inner.createRange(), depth: context.frame.depth + 1 };
    walk(root, { ...context, clip, outer: clip, frame, background: null, isPage: true, kind: "paragraph", level: null });
    flush();
  };

  const walkChildren = (element, style, context) => {
    const parent = element.shadowRoot ?? element;
    const listed = element.tagName === "SLOT" ? element.assignedNodes({ flatten: true }) : null;
    const closed = element.tagName === "DETAILS" && !element.open;
    let summary = false;
    for (let at = 0, child = listed ? listed[0] : parent.firstChild; child; child = listed ? listed[++at] : child.nextSibling) {
      if (child.nodeType === 1) {
        const isSummary = child.tagName === "SUMMARY" && !summary;
        summary ||= isSummary;
        if (closed && !isSummary) hideAll(child, context);
        else walk(child, context);
      } else if (child.nodeType === 3) {
        if (closed) hide(child.data, context);
        else addText(child, style, context);
      }
    }
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

  const enter = (element, style, context, outer) => {
    const tag = element.tagName;
    if (tag === "IMG" || (tag === "INPUT" && element.type === "image")) {
      const broken = tag === "IMG" && element.hasAttribute("src") && element.complete && !element.naturalWidth;
      addPicture(element, context, style, element.alt ?? "", wordsOfDrawing(element.currentSrc ?? ""), broken);
    } else if (PICTURES.has(tag)) {
      addPicture(element, context, style, element.getAttribute("aria-label") ?? element.title ?? "", "", false);
      hideAll(element, context);
    } else if (tag === "SELECT" || tag === "TEXTAREA" || tag === "INPUT") addField(element, context, style);
    else if (tag === "IFRAME" || tag === "FRAME") walkFrame(element, context, boxOf(element, outer));
    else if (element.className === "missing-picture") {
      lost_pictures.push({ alt: element.getAttribute("aria-label") ?? "", why: "not_loaded" });
      flush();
      walkChildren(element, style, { ...context, kind: "value" });
      flush();
    } else if ((USED.skipped && style.contentVisibility === "hidden") || UNDRAWN.has(element.localName)) hideAll(element, context);
    else {
      if (context.svg && !outer.svg) {
        const name = element.getAttribute("aria-label") ?? element.querySelector(":scope > title")?.textContent ?? "";
        const seen = element.getBoundingClientRect();
        if (seen.width > TINY && seen.height > TINY && !context.hidden) addPicture(element, context, style, name, "", false);
      }
      walkChildren(element, style, context);
    }
  };

  const walk = (element, outer) => {
    const tag = element.tagName, name = element.localName;
    // an annotation of MathML is what a formula was made of
    if (SILENT.has(tag) || SVG_SILENT.has(name) || name === "pressrun-room" || name.startsWith("annotation")) return;
    if (tag === "BR") return put("\n", null, null, { ...outer, pre: true });
    if (tag === "WBR") return;
    const style = getComputedStyle(element);
    const display = style.display;
    if (display === "none" && tag === "ASIDE" && element.classList.contains("notes")) return addNotes(element);
    if (display === "none") return hideAll(element, outer);
    if (tag === "SECTION" || (tag === "HR" && element.classList.contains("slide-break"))) standing = null;
    const inline = outer.maths || /^(inline|ruby|contents)/.test(display) || (outer.svg && name === "tspan");
    const apart = outer.maths || /^inline-/.test(display); // side by side with what stands before and behind it
    let context = contextOf(element, style, outer, inline);
    if (inline && element.hasAttribute("lang") && !block?.parts.length) context = { ...context, lang: langOf(element, outer) };
    if (apart) put(" ", null, null, outer);
    else if (!inline) flush();
    enter(element, style, context, outer);
    if (tag === "SECTION" && waiting.length) stand(placeOf(boxOf(element, context), context)[0], context); // nothing else is in it
    if (tag === "A" && element.hasAttribute("href")) addLink(element, context);
    if (apart) put(" ", null, null, outer);
    else if (!inline) flush();
  };

  const addLink = (element, context) => {
    const url = element.getAttribute("href");
    const text = element.textContent.replace(/\s+/g, " ").trim();
    if (context.hidden || url.startsWith("data:") || !text) return;
    const box = boxOf(element, context);
    const [place] = placeOf(box, context);
    if (place >= 0) slides[place].links.push({ url, text, box: boxOn(place, box, context.fixed) });
  };

  const root = document.documentElement;
  const everything = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
  const rootStyle = getComputedStyle(root);
  if (document.body) {
    const background = rootStyle.backgroundImage !== "none" ? null
      : isOpaque(rootStyle.backgroundColor) ? rootStyle.backgroundColor
      : isClear(rootStyle.backgroundColor) ? "rgb(255, 255, 255)" : null;
    const bodyStyle = getComputedStyle(document.body);
    const rtl = bodyStyle.direction === "rtl" || /-rl$/.test(bodyStyle.writingMode) || rootStyle.direction === "rtl";
    walk(document.body, {
      kind: "paragraph", level: null, lang: root.lang, dir: rootStyle.direction, pre: false, rtl,
      clip: everything, outer: everything, background, opacity: 1, hidden: false, fixed: false, svg: false, maths: false,
      clipsText: false, added: false, continues: false, within: false, isPage: true, frame: { dx: scrollX, dy: scrollY, range: document.createRange(), depth: 0 },
    });
    flush();
    if (slides.length) notes[standing ?? slides.length - 1].push(...waiting);
  }
  for (const slide of slides) slide.notes = notes[slide.index - 1].join("\n");
  for (const section of document.querySelectorAll("main.deck > section.slide[data-layout]")) {
    const at = section.getBoundingClientRect().top + scrollY;
    const slide = slices.findIndex(({ top }) => Math.abs(top - at) < EDGE);
    if (slide >= 0) slides[slide].layout = section.dataset.layout;
  }
  // One string: as objects it would take the protocol three times as long.
  return JSON.stringify({ width, height, slides, not_shown, lost_pictures });
}
