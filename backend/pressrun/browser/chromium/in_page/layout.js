// Where things stand in the document, as a flat list: kind, top, bottom, kind, top, bottom, … (CSS px from the top of
// the document; kinds as in page_breaks.BoxKind). Changes nothing.
({ maxBoxes }) => {
  const REPLACED = new Set(
    "AUDIO CANVAS EMBED HR IFRAME IMG INPUT MATH METER OBJECT PROGRESS SELECT SVG TEXTAREA VIDEO".split(" "),
  );
  const NEVER_SHOWN = new Set("HEAD SCRIPT STYLE TEMPLATE NOSCRIPT".split(" "));
  const FORCED = new Set(["page", "always", "left", "right", "recto", "verso"]);
  const boxes = [];
  const range = document.createRange();
  let left = maxBoxes;

  const add = (kind, top, bottom, clip) => {
    top = Math.max(top + scrollY, clip.top);
    bottom = Math.min(bottom + scrollY, clip.bottom);
    if (bottom <= top && kind !== "forced") return;
    const last = boxes.length - 3;
    if (last >= 0 && boxes[last] === kind && boxes[last + 1] === top && boxes[last + 2] === bottom) return;
    if (left-- > 0) boxes.push(kind, top, bottom);
  };

  const addLines = (text, style, clip) => {
    if (!text.data.trim()) return;
    range.selectNodeContents(text);
    const lineHeight = parseFloat(style.lineHeight) || Infinity; // "normal"
    for (const rect of range.getClientRects()) {
      if (rect.width === 0 || rect.height === 0) continue;
      // A tight line-height makes the glyph boxes of two lines overlap; the lines themselves do not.
      const spare = Math.max(0, rect.height - lineHeight) / 2;
      add("line", rect.top + spare, rect.bottom - spare, clip);
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
    const rect = element.getBoundingClientRect();
    if (style.display !== "contents") {
      if (FORCED.has(style.breakBefore)) add("forced", rect.top, rect.top, clip);
      if (FORCED.has(style.breakAfter)) add("forced", rect.bottom, rect.bottom, clip);
      const isLeaf = !element.firstChild && !element.shadowRoot;
      if (REPLACED.has(tag) || (isLeaf && isPainted(style))) {
        if (!style.display.startsWith("inline")) add("block", rect.top, rect.bottom, clip);
        if (shown && rect.width > 0) add("picture", rect.top, rect.bottom, clip);
        return;
      }
      if (!style.display.startsWith("inline")) add(kindOf(element, style), rect.top, rect.bottom, clip);
      if (style.overflowY !== "visible" && element !== document.body) {
        clip = {
          top: Math.max(clip.top, rect.top + scrollY),
          bottom: Math.min(clip.bottom, rect.bottom + scrollY),
        };
      }
    }
    walkChildren(element, style, shown, clip);
  };

  const heightCssPx = document.scrollingElement.scrollHeight;
  if (document.body) walk(document.body, { top: 0, bottom: heightCssPx });
  return { heightCssPx, boxes, complete: left > 0 };
}
