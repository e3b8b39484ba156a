// What a document made from text consists of, for the planner of slides (slides/composition): its atoms in order, the
// smallest parts that a slide may begin with, and how high they stand in a column of a slide's width. The files of this
// folder are one function, run once. Here: the document as one endless slide; null if it is none of ours. Lengths are CSS px.
// `body`: what the document consists of instead, where the page shows other parts of the same document (composing_again.py).
const { css, width, height, body } = argument;
const LONGEST = 38, GAP = 2.4; // rem: a line of some 75 letters, as in deck.css; what is between two columns
const BESIDE = 1.6; // rem: air between text and a picture that takes a side of the slide, as in deck.css
if (body !== undefined) {
  const fresh = Object.assign(document.createElement("main"), { className: "document", innerHTML: body });
  globalThis.pressrunFlow?.sheet.remove();
  document.querySelector("body > main").replaceWith(fresh);
  await Promise.allSettled([...fresh.querySelectorAll("img")].map((picture) => picture.decode()));
}
const main = document.querySelector("body > main.document");
if (!main) return null;
const numbers = new Map([...main.children].map((element, at) => [element, at])); // of the outermost elements
// A vertical text is measured as if it were turned: lines go along, blocks across, whatever they are on the page.
const { header, footer, pageNumbers, logo, runningHeading, writing } = document.documentElement.dataset;
const isVertical = writing === "vertical";
const [along, across] = isVertical ? [height, width] : [width, height];
const turned = (rect) => (
  isVertical ? { top: -rect.right, bottom: -rect.left, left: rect.top, right: rect.bottom, width: rect.height, height: rect.width } : rect);
// What is reckoned from boxes is told in parts of a CSS px that add up without a remainder, as Chromium's own 64ths do: so a
// block is told alike wherever it stands.
const PARTS = 2 ** 20;
const exact = (value) => Math.round(value * PARTS) / PARTS;
const boxOf = (thing) => turned(thing.getBoundingClientRect());
const sideOf = (side) => (isVertical ? { Top: "Right", Bottom: "Left", Left: "Top", Right: "Bottom" }[side] : side);

const sheet = document.createElement("style");
sheet.textContent = `${css}\n.deck { --slide-width: ${width}px; --slide-height: ${height}px; }`;
document.head.prepend(sheet); // in front of the theme, which may have another opinion
const deck = document.createElement("main");
deck.className = "deck";
if ([footer, pageNumbers, logo].some((said) => said !== undefined)) deck.dataset.footed = "";
if (header) deck.dataset.headed = "";
const section = document.createElement("section");
section.className = "slide measured";
const content = document.createElement("div");
content.className = "document";
content.append(...main.childNodes);

// Pictures behind a slide or over one side of it stand in no flow: its break says which they are. On a slide of nothing
// else the picture is what is on it; of several the first, and in its place all are shown.
const backdrops = [];
const share = (figure) => Math.min(0.7, Math.max(0.2, parseFloat(figure.style.getPropertyValue("--width")) / 100 || 0.5));
const first = document.createElement("hr");
first.className = "slide-break";
const slides = [[first]];
for (const child of [...content.children]) {
  const isEmpty = !child.textContent.trim() && !child.matches("img, svg, math, hr") && !child.querySelector("img, svg, math");
  if (child.classList.contains("slide-break")) slides.push([child]);
  else if (isEmpty && /^H[1-6]$/.test(child.tagName)) child.remove(); // it only began a slide
  else if (!isEmpty && !child.matches("aside.notes")) slides[slides.length - 1].push(child);
}
const isBackdrop = (element) => element.matches("figure.picture-background");
if (slides.length > 1) {
  for (const [begin, ...blocks] of slides) {
    const figures = blocks.filter(isBackdrop);
    const shown = figures.filter((figure) => figure.querySelector("img"));
    for (const figure of figures) if (!shown.includes(figure) && figure.classList.contains("backdrop")) figure.remove(); // told by a warning
    if (!shown.length) continue;
    if (shown.length === blocks.length) {
      begin.dataset.bleed = shown.some((figure) => figure.classList.contains("picture-contain")) ? "contain" : "cover";
      for (const figure of shown) figure.classList.remove("backdrop");
      if (shown.length > 1) begin.dataset.backdrops = shown.map((figure) => backdrops.push(figure.cloneNode(true)) - 1).join(" ");
      for (const figure of shown.slice(1)) figure.remove();
    } else {
      const side = !isVertical && shown.map((figure) => /picture-(left|right)/.exec(figure.className)?.[1]).find(Boolean);
      begin.dataset.backdrops = shown.map((figure) => backdrops.push(figure) - 1).join(" ");
      if (side) Object.assign(begin.dataset, { side, share: share(shown[0]) });
      for (const figure of shown) figure.remove();
    }
    if (begin === first) content.prepend(first);
  }
}
// Numbers of one or two digits stand upright in a column, side by side; longer ones lie, as Latin words do.
if (isVertical) {
  const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) if (/\d/.test(node.data) && !node.parentElement.closest("pre, code, svg, math")) texts.push(node);
  for (const node of texts) {
    const pieces = node.data.split(/(?<![\d\p{Script=Latin}.,:%/-])(\d{1,2})(?![\d\p{Script=Latin}.,:%/-])/u);
    if (pieces.length === 1) continue;
    node.replaceWith(...pieces.map((piece, at) => (at % 2 ? Object.assign(document.createElement("span"), { className: "upright", textContent: piece }) : piece)).filter((piece) => piece !== ""));
  }
}
section.append(content);
deck.append(section);
main.replaceWith(deck);
const running = document.createElement("header");
running.className = "heading running";
running.innerHTML = "<h2>Ag</h2>";
section.prepend(running);
content.getBoundingClientRect(); // laid out for the first time, so that its fonts are asked for
await document.fonts.ready;

const sectionStyle = getComputedStyle(section);
const pads = (style, side) => parseFloat(style[`padding${sideOf(side)}`]) + parseFloat(style[`border${sideOf(side)}Width`]);
const room = across - pads(sectionStyle, "Top") - pads(sectionStyle, "Bottom");
const head = boxOf(content).top - boxOf(running).top;
running.remove();
const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
const inner = along - pads(sectionStyle, "Left") - pads(sectionStyle, "Right");
const isBroad = along > across && inner > LONGEST * rem * 1.35;
const columns = isBroad ? Math.ceil(inner / ((LONGEST + GAP) * rem)) : 1;
if (columns > 1) content.style.maxInlineSize = `${(inner - GAP * rem * (columns - 1)) / columns}px`;
const origin = boxOf(content).top;
