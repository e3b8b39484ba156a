// Every element and text that is painted, in the order of painting.
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
