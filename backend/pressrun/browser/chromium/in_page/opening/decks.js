// What only a script would show: slides of a deck of which one is shown, panels of tabs and accordions, text that
// appears when it is scrolled to. It is laid out below each other, by CSS of ours.
const KNOWN = `
  *, *::before, *::after { transition: none !important;
    animation-timeline: auto !important; scroll-snap-type: none !important; scroll-behavior: auto !important; }
  :is([data-aos], .wow, [data-sal], [data-sr-id], [data-scroll], [data-animate], [data-animation], .aos-init,
    .elementor-invisible, .animate-on-scroll, .scroll-reveal, .reveal-on-scroll, .fade-in-section, .js-reveal) {
    opacity: 1 !important; visibility: visible !important; transform: none !important; translate: none !important;
    clip-path: none !important; animation: none !important; }
  .bespoke-marp-slide { content-visibility: visible !important; opacity: 1 !important; position: static !important; }
  :is(.swiper-slide-duplicate, .slick-cloned, .owl-item.cloned, .glide__slide--clone, .splide__slide--clone,
    .flickity-cloned, .reveal .backgrounds, .reveal .controls, .reveal .progress, .reveal aside.notes,
    .reveal .slide-number, .speaker-notes, .pause-overlay, .bespoke-marp-osc) { display: none !important; }
  :is(.reveal, .reveal .slides, .reveal .slides > section:has(> section), #impress, #impress > :not(.step),
    .deck-container, .shower) { display: block !important; position: static !important; inset: auto !important;
    width: auto !important; height: auto !important; min-height: 0 !important; transform: none !important;
    translate: none !important; scale: none !important; zoom: 1 !important; perspective: none !important;
    overflow: visible !important; opacity: 1 !important; visibility: visible !important; padding-top: 0 !important; }
  .reveal .slides, #impress > :not(.step) { margin: 0 !important; }
  :is(.reveal .slides section:not(:has(> section)), .step:is(#impress *, .impress *)) { display: block !important;
    position: relative !important; inset: auto !important; transform: none !important; opacity: 1 !important;
    visibility: visible !important; break-before: page !important; align-content: center !important;
    box-sizing: border-box !important; }
  .reveal .slides section:not(:has(> section)) { width: 100% !important; max-width: none !important; margin: 0 auto !important;
    min-height: var(--pressrun-slide-height) !important; height: auto !important; zoom: var(--pressrun-slide-zoom) !important; }
  .step:is(#impress *, .impress *) { margin: 0 auto !important; height: auto !important; min-height: 95vh !important; }
  :is(.fragment, .incremental, .build, .next, [data-marpit-fragment], .v-click, .slidev-vclick-hidden):is(.reveal *, .step *, .slide *, section *) {
    opacity: 1 !important; visibility: visible !important; }
  .reveal .r-stack { display: block !important; }
`;
// reveal.js lays its slides out on 960 x 700 and shrinks that to the window (its default configuration).
const REVEAL_WIDTH = 960;
const REVEAL_HEIGHT = 700;

// Names of what is not a part of the text, though it is hidden as one.
const NO_PART = /(^|[\s_-])(sr|sronly|visually|reader|no-?print|print|mobile|desktop|phone|tablet|xs|sm|dropdown|(sub)?menu|nav(bar)?|tooltip|popover|clone[d]?|duplicate|notes?|speaker|template|errors?|invalid|feedback|spinner|loader|loading|preloader|skeleton|honeypot|cookie|consent|overlay|backdrop|lightbox|preheader|preview)([\s_-]|$)/i;
const PANEL = /(accordion|collaps|faq|answer|panel|toggle|tab|spoiler|expand|reveal|solution|disclosure|content|body|details)/i;
const PARTS = /(deck|slide|carousel|swiper|tab|panel|page|step|wizard|stage|present|gallery|accordion|faq|stor(y|ies)|scene|chapter|screen|viewport|frames|section)/i;
const APPEARING = /(^|[\s_-])(wow|aos|reveal|anim\w*|fade\w*|slide-?in\w*|scroll\w*|appear\w*|in-?view|lazy\w*|hidden-until|enter\w*|motion)([\s_-]|$)/i;

// What a script would give to the one part that it shows.
const ACTIVE = /^((is|has|was)[-_])?(active|current|present|shown?|visible|selected|on|in|open(ed)?|enter(ed)?)$|[-_](active|current|visible|shown?)$/i;

const nameOf = (element) => `${element.getAttribute("class") ?? ""} ${element.id}`;
const isOutside = (element) =>
  element.closest("nav, menu, select, datalist, dialog, head, noscript, [role=menu], [role=dialog], [role=tooltip], [role=listbox], .katex, .MathJax, mjx-container") !== null;
const hides = (style) => style.display === "none" || style.visibility !== "visible" || parseFloat(style.opacity) < 0.05;

const addSheet = () => {
  const zoom = Math.min(innerWidth / REVEAL_WIDTH, innerHeight / REVEAL_HEIGHT, 1);
  const sheet = document.createElement("style");
  sheet.textContent = `:root { --pressrun-slide-zoom: ${zoom}; --pressrun-slide-height: ${Math.floor(innerHeight / zoom)}px; }${KNOWN}`;
  document.documentElement.append(sheet);
  for (const section of document.querySelectorAll(".reveal .slides section")) {
    const { backgroundColor, background, backgroundGradient } = section.dataset;
    const painted = backgroundColor ?? backgroundGradient ?? (/^(#|rgb|hsl|[a-z]+$)/i.test(background ?? "") ? background : null);
    if (painted) important(section, { background: painted });
    if (section.dataset.visibility === "hidden") important(section, { display: "none" });
  }
};

// `like`: one of the same kind that is shown, if there is one.
const unfold = (element, style, like) => {
  const shown = like && getComputedStyle(like);
  const display = style.display !== "none" ? style.display : shown && shown.display !== "none" ? shown.display : null;
  important(element, { visibility: "visible", opacity: "1", "max-height": "none", "clip-path": "none", display: display ?? "revert" });
  element.removeAttribute("hidden");
  if (parseFloat(style.height) === 0) important(element, { height: "auto" });
  if (style.transform !== "none") important(element, { transform: "none" });
  if (style.translate !== "none") important(element, { translate: "none" });
};

const isLayered = (style) => style.position === "absolute" || style.position === "fixed";

// From a pile of slides, each over the others, to slides below each other.
const unpile = (element, size) => {
  important(element, { position: "relative", inset: "auto", transform: "none", translate: "none", float: "none" });
  important(element, { "min-height": `${size.height}px`, height: "auto", width: "auto", "box-sizing": "border-box" });
  if (getComputedStyle(element).display === "block") important(element, { display: "flow-root" });
};

const isPageLike = (size) => size.height >= 0.6 * innerHeight && size.width >= 0.6 * innerWidth;

const groupsIn = (parent) => {
  const groups = new Map();
  for (const child of parent.children) {
    if (NO_CONTENT.has(child.tagName.toUpperCase()) || child.localName === "br") continue;
    const key = child.localName;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(child);
  }
  return [...groups.values()].filter((group) => group.length > 1);
};

const unfoldGroup = (parent, group) => {
  const parts = group.filter((element) => !NO_PART.test(nameOf(element)) && holdsContent(element));
  if (parts.length < 2) return;
  const styles = new Map(parts.map((part) => [part, getComputedStyle(part)]));
  const isLike = (one, other) =>
    [...one.classList].some((name) => other.classList.contains(name)) ||
    /^(section|article)$/.test(one.localName) || one.getAttribute("role") === "tabpanel" || PARTS.test(nameOf(parent));
  const layered = parts.filter((part) => isLayered(styles.get(part)));
  const hidden = parts.filter((part) => hides(styles.get(part)));
  const shown = parts.filter((part) => !hides(styles.get(part)));
  const like = shown.find((part) => hidden.some((other) => isLike(part, other)));
  const box = parent.getBoundingClientRect();
  const isNamed = PARTS.test(nameOf(parent)) || parts.every((part) => PARTS.test(nameOf(part)) || part.localName === "section");
  const pile = layered.filter((part) => {
    const size = (hides(styles.get(part)) && like ? like : part).getBoundingClientRect();
    return layered.length > 1 && size.width >= 0.75 * box.width && size.height >= 0.5 * Math.min(box.height || innerHeight, innerHeight) && isLike(part, layered.find((other) => other !== part));
  });
  const toShow = hidden.filter((part) => (like ? isLike(part, like) : isNamed));
  if (!toShow.length && pile.length < 2) return;
  // Where none is shown, some may be waiting for a click: a panel of an accordion is shown where it stands.
  const size = (like ?? pile[0] ?? parent).getBoundingClientRect();
  const stack = pile.length > 1 ? new Set(pile) : new Set(toShow.filter((part) => isLayered(styles.get(part))));
  if (stack.size && like && isLayered(styles.get(like))) stack.add(like);
  const pages = isPageLike(size) || (stack.size > 1 && isPageLike(box));
  const height = { width: size.width, height: Math.min(stack.size && size.height < 1 ? box.height : size.height, innerHeight) };
  const active = like ? [...like.classList].filter((name) => ACTIVE.test(name)) : [];
  for (const part of toShow.concat(pile)) part.classList.add(...active);
  for (const part of toShow) if (hides(styles.get(part))) unfold(part, styles.get(part), like);
  for (const part of like ? [like, ...toShow] : toShow) {
    const { float, marginLeft, marginRight } = styles.get(part); // one over the other by a margin that takes it back
    if (float !== "none" && Math.min(parseFloat(marginLeft), parseFloat(marginRight)) < 0) important(part, { float: "none", margin: "0" });
  }
  for (const part of stack) unpile(part, height);
  if (pages) {
    for (const part of [...toShow, ...stack, ...(like ? [like] : [])]) {
      important(part, { "break-before": "page", "min-height": `${height.height}px` });
    }
    if (/flex|grid/.test(getComputedStyle(parent).display)) important(parent, { display: "block" });
    important(parent, { transform: "none", translate: "none" });
  }
};

const isQuestion = (element) =>
  element !== null &&
  (/^(button|h[1-6]|label|summary|dt|input)$/.test(element.localName) || element.hasAttribute("aria-expanded") ||
    element.hasAttribute("aria-controls") || element.getAttribute("role") === "button" ||
    /(accordion|toggle|question|faq|header|heading|title|collaps|trigger)/i.test(nameOf(element)));

// Of a button, tab or heading that says which element it opens; of a question right above it.
const unfoldPanel = (element, style, controlled) => {
  const above = element.previousElementSibling;
  const around = `${nameOf(element)} ${nameOf(element.parentElement)} ${above ? nameOf(above) : ""}`;
  if (controlled.has(element.id) || element.getAttribute("role") === "tabpanel" || (isQuestion(above) && PANEL.test(around))) {
    unfold(element, style, null);
  }
};

const controlledIds = () => {
  const ids = new Set();
  for (const control of document.querySelectorAll("[aria-controls], [data-target], [data-bs-target], [role=tab][href], a[data-toggle][href]")) {
    const named = control.getAttribute("aria-controls") ?? control.dataset.bsTarget ?? control.dataset.target ?? control.getAttribute("href") ?? "";
    const opens = control.matches("button, summary, a, [role=tab], [role=button], h1 *, h2 *, h3 *, h4 *");
    if (opens && !control.hasAttribute("aria-haspopup") && !/modal|dropdown|offcanvas/.test(`${control.dataset.toggle} ${control.dataset.bsToggle}`)) {
      for (const id of named.split(/\s+/)) ids.add(id.replace(/^#/, ""));
    }
  }
  ids.delete("");
  return ids;
};

// What holds most of the text and is hidden as a whole waits for a script that says "ready".
const showRoots = () => {
  const all = wordsOf(document.body);
  if (all < LETTERS_THAT_WAIT) return;
  let at = document.documentElement;
  while (at && all) {
    const style = getComputedStyle(at);
    if (hides(style)) unfold(at, style, null);
    at = at === document.documentElement ? document.body : [...at.children].find((child) => !NO_CONTENT.has(child.tagName.toUpperCase()) && wordsOf(child) > 0.9 * all);
  }
};

// Text that runs along is shown standing still.
const stopMarquees = () => {
  for (const marquee of document.querySelectorAll("marquee")) {
    const block = document.createElement("div");
    for (const { name, value } of marquee.attributes) block.setAttribute(name, value);
    if (marquee.bgColor) block.style.backgroundColor = marquee.bgColor;
    block.append(...marquee.childNodes);
    marquee.replaceWith(block);
  }
};

// A document of fewer letters that shows none is empty rather than waiting for a script.
const LETTERS_THAT_WAIT = 20;

const unfoldHidden = () => {
  // What fades in has a transition, or stands a little aside until then. Asked before our sheet stops all of them.
  const fading = new Set([...elementsOf(document)].filter((element) => {
    const style = getComputedStyle(element);
    if (parseFloat(style.opacity) >= 0.05 || style.display === "none") return false;
    return /[1-9]/.test(style.transitionDuration) || style.transform !== "none" || style.translate !== "none" || style.animationName !== "none";
  }));
  addSheet();
  stopMarquees();
  showRoots();
  const controlled = controlledIds();
  const elements = [...elementsOf(document)];
  for (const parent of elements) {
    if (parent.childElementCount > 1 && !/^(TABLE|TBODY|SELECT|SVG)$/i.test(parent.tagName) && !isOutside(parent)) {
      for (const group of groupsIn(parent)) unfoldGroup(parent, group);
    }
  }
  for (const element of elements) {
    const style = getComputedStyle(element);
    if (style.contentVisibility === "auto") important(element, { "content-visibility": "visible" });
    if (!hides(style) || isOutside(element) || NO_PART.test(nameOf(element))) continue;
    if (style.display === "none") {
      if (!isShown(element.parentElement ?? element)) continue;
      if (holdsContent(element)) unfoldPanel(element, style, controlled);
      continue;
    }
    const parent = parentOf(element);
    const inherits = parent && getComputedStyle(parent).visibility !== "visible" && parseFloat(style.opacity) >= 0.05;
    if (inherits || !holdsContent(element) || isMeantToBeUnseen(style) || isForReadersOnly(element, style)) continue;
    const isInFlow = !isLayered(style) && !style.display.startsWith("inline") && element.getBoundingClientRect().height > 4;
    const isFaded = parseFloat(style.opacity) < 0.05 && wordsOf(element) > 2 && !element.matches("button, input, label");
    if ((isInFlow && isFaded && fading.has(element)) || APPEARING.test(nameOf(element)) || controlled.has(element.id)) unfold(element, style, null);
  }
  // Nothing to be seen at all, and text that waits: it is shown rather than refused.
  if (!isAnythingShown() && wordsOf(document.body) >= LETTERS_THAT_WAIT) {
    for (const element of elements) {
      const style = getComputedStyle(element);
      if (hides(style) && holdsContent(element) && !isOutside(element) && !NO_PART.test(nameOf(element))) unfold(element, style, null);
    }
  }
};

const isAnythingShown = () => {
  for (const text of textsOf(document.body)) if (isShown(text.parentElement)) return true;
  return document.querySelector("img, svg, canvas, video") !== null;
};
