// Every element and text, in the order of the document.
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
    lost_pictures.push({ alt: element.getAttribute("aria-label") ?? "", why: "not_loaded", section });
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
  const apart = outer.maths || /^inline-/.test(display) || (name === "tspan" && element.hasAttribute("x")); // beside or below what stands before it
  let context = contextOf(element, style, outer, inline);
  if (inline && element.hasAttribute("lang") && !block?.parts.length) context = { ...context, lang: langOf(element, outer) };
  if (apart) put(" ", null, null, outer);
  else if (!inline) flush();
  if (tag === "SECTION" && element.dataset.layout) section++;
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
