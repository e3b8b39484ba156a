// What the other files of this folder share: how a document is walked, read and changed. They are one scope, run once.
const important = (element, properties) => {
  for (const [property, value] of Object.entries(properties)) element.style.setProperty(property, value, "important");
};

const NO_CONTENT = new Set("HEAD SCRIPT STYLE TEMPLATE TITLE META LINK BASE".split(" "));
const PICTURES = new Set("AUDIO CANVAS EMBED IFRAME IMG OBJECT SVG VIDEO".split(" "));

// What stands in an element: in its shadow root, then what its slots show.
const partsOf = (root) => (root.shadowRoot ? [root.shadowRoot, root] : [root]);

// Every element below `root` in document order, those of open shadow roots too. Not what is inside a drawing.
function* elementsOf(root) {
  for (const part of partsOf(root)) {
    for (let child = part.firstElementChild; child; child = child.nextElementSibling) {
      if (NO_CONTENT.has(child.tagName.toUpperCase())) continue;
      yield child;
      if (child.localName !== "svg" || child.querySelector("foreignObject")) yield* elementsOf(child);
    }
  }
}

function* textsOf(root) {
  for (const part of partsOf(root)) {
    for (let child = part.firstChild; child; child = child.nextSibling) {
      if (child.nodeType === Node.TEXT_NODE) {
        if (child.data.trim()) yield child;
      } else if (child.nodeType === Node.ELEMENT_NODE && !NO_CONTENT.has(child.tagName.toUpperCase())) {
        yield* textsOf(child);
      }
    }
  }
}

const parentOf = (node) => node.parentElement ?? node.getRootNode().host ?? null;

const wordsOf = (element) => {
  let count = 0;
  for (const text of textsOf(element)) count += text.data.trim().length;
  return count;
};

const holdsContent = (element) =>
  !textsOf(element).next().done || PICTURES.has(element.tagName.toUpperCase()) || element.querySelector("img, svg, canvas") !== null;

const isPainted = (style) =>
  style.backgroundImage !== "none" || !/^(transparent|rgba\(.*, 0\))$/.test(style.backgroundColor) ||
  parseFloat(style.borderTopWidth) + parseFloat(style.borderBottomWidth) > 0;

// Pictures, and what stands in the text as one: a swatch, a bar of a chart. Not what decorates, laid behind or over it.
function* picturesOf(root) {
  for (const element of elementsOf(root)) {
    if (PICTURES.has(element.tagName.toUpperCase())) yield element;
    else if (!element.firstChild && !element.shadowRoot && element instanceof HTMLElement) {
      const style = getComputedStyle(element);
      if (style.position !== "absolute" && style.position !== "fixed" && isPainted(style)) yield element;
    }
  }
}

const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

const rectOf = (element) => {
  const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
  const x = scrollX;
  const y = scrollY;
  return { left: left + x, top: top + y, right: right + x, bottom: bottom + y, width, height };
};

const range = document.createRange();

// Where the lines of a text are painted, in CSS px of the page.
const linesOf = (text) => {
  range.selectNodeContents(text);
  return [...range.getClientRects()]
    .filter(({ width, height }) => width > 0 && height > 0)
    .map(({ left, top, right, bottom }) => ({
      left: left + scrollX,
      top: top + scrollY,
      right: right + scrollX,
      bottom: bottom + scrollY,
    }));
};

// Text for screen readers: a box of a pixel, or one that is clipped away or thrown far off the page.
const isForReadersOnly = (element, style) => {
  if (style.position !== "absolute" && style.position !== "fixed") return false;
  if (/rect\((0|1)(px)?,? (0|1)(px)?,? (0|1)(px)?,? (0|1)(px)?\)/.test(style.clip)) return true;
  if (/inset\((50|100)%/.test(style.clipPath)) return true;
  const rect = rectOf(element);
  if (style.overflowX !== "visible" && rect.width <= 2 && rect.height <= 2) return true;
  if (isFarAway(rect)) return true;
  return element.localName === "a" && (rect.bottom <= 0 || rect.right <= 0); // "skip to the content", shown on focus
};

// Text that was sent off the page on purpose, as by `text-indent: -9999px`.
const FAR_CSS_PX = 900;
const isFarAway = (rect) => rect.right < -FAR_CSS_PX || rect.bottom < -FAR_CSS_PX;

// Rounds end then, whatever is left: a page has seconds to be ready.
const LATE_MS = 8_000;
const startedAt = performance.now();
const isLate = () => performance.now() - startedAt > LATE_MS;

const isWithinReadersOnly = (element) => {
  for (let at = element; at && at !== document.body; at = parentOf(at)) {
    if (isForReadersOnly(at, getComputedStyle(at))) return true;
  }
  return false;
};

// A document that is preheader text of a mail, made invisible by every means there is.
const isMeantToBeUnseen = (style) => parseFloat(style.fontSize) <= 2 || style.display === "none";

// Boxes that make no room for themselves, each with what was below it in what holds it, CSS px.
const placedByHand = new Map();

const VERTICAL = /^(vertical|sideways)-(rl|lr)$/;
