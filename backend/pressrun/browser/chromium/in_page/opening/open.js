// Shows what scrolls, folds, waits for a script or stands beside the page, before the page is measured. The document is
// given up to this: its own scripts do not run, and nobody sees it but as slides. In the order in which each step makes
// room for the next.
const scaleOf = (style) => {
  const matrix = new DOMMatrix(style.transform === "none" ? "" : style.transform);
  const own = style.scale === "none" ? 1 : parseFloat(style.scale);
  return matrix.is2D && matrix.b === 0 && matrix.c === 0 && matrix.a > 0 && matrix.a === matrix.d ? matrix.a * own : own > 0 ? own : 1;
};

// The page itself is neither turned nor moved; what scales it does so in its layout.
const straighten = () => {
  const wrappers = [document.documentElement, document.body];
  const all = wordsOf(document.body);
  for (let at = document.body; at; ) {
    at = [...at.children].find((child) => !NO_CONTENT.has(child.tagName.toUpperCase()) && wordsOf(child) > 0.5 * all);
    if (at) wrappers.push(at);
  }
  wrappers.forEach((element, depth) => {
    const style = getComputedStyle(element);
    if (style.transform === "none" && style.scale === "none" && style.rotate === "none" && style.translate === "none") return;
    const isMoved = style.rotate === "none" && /^(none|matrix\(1, 0, 0, 1, .*)$/.test(style.transform) && style.scale === "none";
    const isPage = depth < 2 || (rectOf(element).height > innerHeight && !isMoved);
    if (!isPage || element.matches(".step, .reveal *, [data-aos]")) return;
    const scale = scaleOf(style);
    const zoom = parseFloat(style.zoom) || 1;
    important(element, { transform: "none", scale: "none", rotate: "none", translate: "none", perspective: "none" });
    if (scale !== 1) important(element, { zoom: `${zoom * scale}` });
  });
};

// Whether most of the text goes in columns.
const isVertical = () => {
  let [columns, all] = [0, 0];
  for (const text of textsOf(document.body)) {
    all += text.data.length;
    if (VERTICAL.test(getComputedStyle(text.parentElement ?? document.body).writingMode)) columns += text.data.length;
  }
  return columns > 0.5 * all;
};

const openLayout = async ({ fit, limit, nodes }) => {
  if (!document.body || document.body.localName !== "body") return {};
  straighten();
  await embedFrames({ nodes });
  unfoldHidden();
  settleLayers();
  openBoxes();
  bringDown();
  if (fit !== "clip") openVertical();
  if (fit !== "clip" && !isVertical()) {
    fitSides(fit === "shrink" ? limit : 1);
    openBoxes();
    bringDown();
  }
  for (const animation of document.getAnimations()) settle(animation);
  return {};
};
