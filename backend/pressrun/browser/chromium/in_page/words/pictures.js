// Pictures, fields, and what is not rendered at all.
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
  if (broken || place < 0) lost_pictures.push({ alt, why: broken ? "not_loaded" : WHY[place], section });
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
