// Where things stand in the document, as a flat list: kind, top, bottom, kind, top, bottom, … (CSS px from the top of
// the document; kinds as in page_breaks.BoxKind). `sides`: left and right of each, where something stands out of the page
// or the document does not go down. Changes nothing.
({ maxBoxes }) => {
  const REPLACED = new Set(
    "AUDIO CANVAS EMBED HR IFRAME IMG INPUT MATH METER OBJECT PROGRESS SELECT SVG TEXTAREA VIDEO".split(" "),
  );
  const NEVER_SHOWN = new Set("HEAD SCRIPT STYLE TEMPLATE".split(" "));
  const FORCED = new Set(["page", "always", "left", "right", "recto", "verso"]);
  const VERTICAL = { "vertical-rl": "left", "sideways-rl": "left", "vertical-lr": "right", "sideways-lr": "right" };
  const root = document.documentElement;
  const pageWidth = root.clientWidth;
  // Scripts whose letters reach beyond their line's box: signs above and below, stacked consonants. Not Latin or Chinese.
  const REACHING = /[\u0530-\u0fff\u1000-\u109f\u1200-\u137f\u1700-\u1cff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{11fff}\u{1e900}-\u{1eeff}]/u;
  const LARGEST_WHOLE = 0.5; // share of the screen; a longer passage is cut between two lines, whatever hangs over
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const boxes = [];
  const sidesOf = []; // left and right of each
  const range = document.createRange();
  const letters = { down: 0, left: 0, right: 0 }; // how many go on in which direction
  let left = maxBoxes;
  let standsOut = false;
  let layered = false; // something with content in it is painted as a layer of its own

  const add = (kind, rect, top, bottom, clip) => {
    top = Math.max(top + scrollY, clip.top);
    bottom = Math.min(bottom + scrollY, clip.bottom);
    if (bottom <= top && kind !== "forced") return;
    const from = Math.max(rect.left + scrollX, clip.left);
    const to = Math.min(rect.right + scrollX, clip.right);
    if (to < from) return;
    if ((kind === "line" || kind === "picture") && (from < -1 || to > pageWidth + 1)) standsOut = true;
    const last = boxes.length - 3;
    if (last >= 0 && boxes[last] === kind && boxes[last + 1] === top && boxes[last + 2] === bottom) {
      const at = sidesOf.length - 2;
      const reach = [Math.min(sidesOf[at], from), Math.max(sidesOf[at + 1], to)];
      const isOneLine = reach[0] >= 0 && reach[1] <= pageWidth;
      if (kind !== "line" || isOneLine) {
        [sidesOf[at], sidesOf[at + 1]] = reach;
        return;
      }
    }
    if (left-- > 0) {
      boxes.push(kind, top, bottom);
      sidesOf.push(from, to);
    }
  };

  // A passage whose ink hangs over the edges of its lines is kept whole, with its ink: a cut would go through letters. A
  // long one only begins and ends with it.
  const addInk = (text, rects, style, clip) => {
    pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const ink = pen.measureText(text.data);
    const up = Math.max(0, ink.actualBoundingBoxAscent - ink.fontBoundingBoxAscent);
    const down = Math.max(0, ink.actualBoundingBoxDescent - ink.fontBoundingBoxDescent);
    if (up + down < 1) return;
    const first = rects[0], last = rects[rects.length - 1];
    const sides = {
      left: Math.min(...rects.map((rect) => rect.left)), right: Math.max(...rects.map((rect) => rect.right)),
    };
    if (last.bottom - first.top <= innerHeight * LARGEST_WHOLE) {
      add("unit", sides, first.top - up, last.bottom + down, clip);
    } else {
      add("line", first, first.top - up, first.bottom, clip);
      add("line", last, last.top, last.bottom + down, clip);
    }
  };

  const addLines = (text, style, clip) => {
    if (!text.data.trim()) return;
    letters[VERTICAL[style.writingMode] ?? "down"] += text.data.length;
    range.selectNodeContents(text);
    const lineHeight = parseFloat(style.lineHeight) || Infinity; // "normal"
    const rects = [...range.getClientRects()].filter((rect) => rect.width && rect.height);
    if (rects.length && !VERTICAL[style.writingMode] && REACHING.test(text.data)) addInk(text, rects, style, clip);
    for (const rect of rects) {
      // A tight line-height makes the glyph boxes of two lines overlap; the lines themselves do not.
      const spare = Math.max(0, rect.height - lineHeight) / 2;
      add("line", rect, rect.top + spare, rect.bottom - spare, clip);
    }
  };

  const isPainted = (style) =>
    style.backgroundImage !== "none" ||
    !/^(transparent|rgba\(.*, 0\))$/.test(style.backgroundColor) ||
    parseFloat(style.borderTopWidth) + parseFloat(style.borderBottomWidth) > 0;

  const kindOf = (element, style) => {
    if (/^H[1-2]$/.test(element.tagName)) return "section";
    if (/^H[3-6]$/.test(element.tagName)) return "heading";
    if (style.display === "table-header-group") return "heading"; // goes with the first row
    if (style.display === "table-row" || style.breakInside.startsWith("avoid")) return "unit";
    if (element.tagName === "LI" || element.tagName === "DT" || element.tagName === "DD") return "item";
    return "block";
  };

  const walkChildren = (element, style, shown, clip) => {
    const parent = element.shadowRoot ?? element;
    const children = element.tagName === "SLOT" ? element.assignedNodes({ flatten: true }) : parent.childNodes;
    for (const child of children) {
      if (child.nodeType === Node.ELEMENT_NODE) walk(child, clip);
      else if (child.nodeType === Node.TEXT_NODE && shown) addLines(child, style, clip);
    }
  };

  const walk = (element, clip) => {
    const tag = element.tagName.toUpperCase();
    if (NEVER_SHOWN.has(tag) || left <= 0) return;
    const style = getComputedStyle(element);
    if (style.display === "none" || style.opacity === "0" || style.position === "fixed") return;
    const shown = style.visibility === "visible";
    if (style.position === "absolute" || style.opacity !== "1") layered ||= element.firstChild !== null;
    const rect = element.getBoundingClientRect();
    if (style.display !== "contents") {
      if (FORCED.has(style.breakBefore)) add("forced", rect, rect.top, rect.top, clip);
      if (FORCED.has(style.breakAfter)) add("forced", rect, rect.bottom, rect.bottom, clip);
      const isLeaf = !element.firstChild && !element.shadowRoot;
      if (REPLACED.has(tag) || (isLeaf && isPainted(style))) {
        if (!style.display.startsWith("inline")) add("block", rect, rect.top, rect.bottom, clip);
        if (shown && rect.width > 0) add("picture", rect, rect.top, rect.bottom, clip);
        return;
      }
      if (!style.display.startsWith("inline")) add(kindOf(element, style), rect, rect.top, rect.bottom, clip);
      if ((style.overflowY !== "visible" || style.overflowX !== "visible") && element !== document.body) {
        const isCutDown = style.overflowY !== "visible";
        const isCutSideways = style.overflowX !== "visible";
        clip = {
          top: isCutDown ? Math.max(clip.top, rect.top + scrollY) : clip.top,
          bottom: isCutDown ? Math.min(clip.bottom, rect.bottom + scrollY) : clip.bottom,
          left: isCutSideways ? Math.max(clip.left, rect.left + scrollX) : clip.left,
          right: isCutSideways ? Math.min(clip.right, rect.right + scrollX) : clip.right,
        };
      }
    }
    walkChildren(element, style, shown, clip);
  };

  const heightCssPx = (document.scrollingElement ?? root).scrollHeight;
  if (document.body) walk(document.body, { top: 0, bottom: heightCssPx, left: -Infinity, right: Infinity });
  const rootFlow = VERTICAL[getComputedStyle(document.body ?? root).writingMode];
  const most = letters.left > letters.right ? "left" : "right";
  const flow = rootFlow ?? (standsOut && letters[most] > letters.down ? most : "down");
  const rtl = getComputedStyle(document.body ?? root).direction === "rtl";
  const sides = standsOut || flow !== "down";
  return { heightCssPx, widthCssPx: pageWidth, flow, rtl, layered, boxes, sides: sides ? sidesOf : null, complete: left > 0 };
}
