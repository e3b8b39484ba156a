// What sticks to the screen. Text must be seen on one slide and cover nothing on any: a bar stands once where it
// belongs, a dialog once at the end of what holds it, and a background behind everything fills each slide.
const COVERS = 0.6; // of the screen: a layer rather than a bar. Arbitrary, 0.5..0.8.
const MAX_LIFTED = 300; // elements whose look is written down one by one
const MAX_SAMPLES = 24;

const coverOf = (rect) => {
  const width = Math.min(rect.right, innerWidth) - Math.max(rect.left, 0);
  const height = Math.min(rect.bottom, innerHeight) - Math.max(rect.top, 0);
  return (Math.max(0, width) * Math.max(0, height)) / (innerWidth * innerHeight);
};

// Whether it is painted over text that is not its own, on the first screen.
const coversText = (layer) => {
  const box = layer.getBoundingClientRect();
  let samples = MAX_SAMPLES;
  for (const text of textsOf(document.body)) {
    const holder = text.parentElement;
    if (!holder || layer.contains(holder) || !isShown(holder)) continue;
    for (const line of linesOf(text)) {
      const x = (line.left + line.right) / 2 - scrollX;
      const y = (line.top + line.bottom) / 2 - scrollY;
      if (x < Math.max(0, box.left) || x > Math.min(innerWidth, box.right)) continue;
      if (y < Math.max(0, box.top) || y > Math.min(innerHeight, box.bottom)) continue;
      const hit = document.elementFromPoint(x, y);
      if (hit && layer.contains(hit)) return true;
      if (--samples === 0) return false;
    }
  }
  return false;
};

const FLOWING = {
  position: "relative", inset: "auto", transform: "none", translate: "none", height: "auto", "max-height": "none",
  overflow: "visible", "z-index": "auto",
};

const standOnce = (layer) => {
  const width = layer.getBoundingClientRect().width;
  important(layer, { ...FLOWING, "max-width": "100%", "min-height": "0", "break-inside": "avoid", float: "none" });
  if (width < 0.9 * innerWidth && width > 0) important(layer, { width: `${width}px` });
  else important(layer, { width: "auto" });
  for (const inner of elementsOf(layer)) {
    if (isLayered(getComputedStyle(inner)) && wordsOf(inner)) important(inner, { ...FLOWING, "max-width": "100%" });
  }
  layer.parentNode.append(layer);
};

const writeLook = (element, style) => {
  for (const property of style) element.style.setProperty(property, style.getPropertyValue(property), "important");
};

// Beneath the layer too: so whoever asks what is behind a text finds it where backgrounds are.
const paintRoot = (style) => {
  const root = document.documentElement;
  const isBare = [root, document.body].every((element) => !isPainted(getComputedStyle(element)));
  if (!isBare || !isPainted(style)) return;
  important(root, { "background-color": style.backgroundColor });
  if (style.backgroundImage.includes("gradient(")) important(root, { "background-image": style.backgroundImage, "background-attachment": "fixed" });
};

// Out of the body, which is cut for each slide: so it is behind all of them.
const lift = (layer) => {
  const all = [layer, ...layer.querySelectorAll("*")].slice(0, MAX_LIFTED);
  const looks = all.map((element) => [...getComputedStyle(element)].map((property) => [property, getComputedStyle(element).getPropertyValue(property)]));
  paintRoot(getComputedStyle(layer));
  all.forEach((element, number) => important(element, Object.fromEntries(looks[number])));
  important(layer, { "z-index": "-1", position: "fixed" });
  document.documentElement.insertBefore(layer, document.body);
};

const liftPseudo = (element, pseudo) => {
  const style = getComputedStyle(element, pseudo);
  if (style.content === "none" || style.display === "none" || style.position !== "fixed") return;
  const size = { left: parseFloat(style.left), top: parseFloat(style.top), width: parseFloat(style.width), height: parseFloat(style.height) };
  const isLarge = size.width >= COVERS * innerWidth && size.height >= COVERS * innerHeight;
  const layer = document.createElement("pressrun-backdrop");
  const isBehind = parseInt(style.zIndex, 10) < 0 || !document.body.innerText.trim();
  if (isLarge) {
    if (isBehind) paintRoot(style);
    writeLook(layer, style);
    important(layer, { "z-index": "-1", position: "fixed", content: "normal" });
  }
  const rule = document.createElement("style");
  const mark = `pressrun-${pseudo.slice(2)}`;
  element.setAttribute(mark, "");
  // One that is over the text and not behind it only tints or frames what is read.
  const where = element === document.documentElement ? "html" : `[${mark}]`;
  rule.textContent = `${where}[${mark}]${pseudo} { ${isLarge ? "content: none" : "position: absolute"} !important }`;
  document.documentElement.append(rule);
  if (isLarge && isBehind) document.documentElement.insertBefore(layer, document.body);
};

const settleLayer = (layer, style, total) => {
  const rect = layer.getBoundingClientRect();
  const words = wordsOf(layer);
  const covers = coverOf(rect);
  const isTall = layer.scrollHeight > innerHeight + 1 || rect.bottom > innerHeight + 1 || rect.top < -1;
  if (words > 0.5 * total && (covers >= COVERS || isTall)) {
    important(layer, {
      ...FLOWING, position: "absolute", inset: `${Math.max(0, rect.top)}px auto auto ${Math.max(0, rect.left)}px`,
      width: `${rect.width}px`, "box-sizing": "border-box", "min-height": `${Math.min(rect.height, innerHeight)}px`,
    });
    placedByHand.set(layer, 0);
    return;
  }
  if (covers >= COVERS) {
    const isBehind = parseInt(style.zIndex, 10) < 0 || !coversText(layer);
    if (words) standOnce(layer);
    else if (!isBehind) important(layer, { display: "none" });
    else if (style.position === "fixed") lift(layer);
    return;
  }
  if (style.position !== "fixed") return;
  const isBelow = rect.top > 0.4 * innerHeight && rect.height < 0.6 * innerHeight;
  if (isBelow || (words && /cookie|consent|gdpr|newsletter|toast|chat/i.test(nameOf(layer)))) {
    if (words || layer.querySelector("img, svg")) standOnce(layer);
    else important(layer, { display: "none" });
    return;
  }
  important(layer, { position: "absolute" });
  if (words && coversText(layer)) important(layer, { position: "relative", inset: "auto", transform: "none" });
};

const settleLayers = () => {
  const touchable = document.createElement("style");
  touchable.textContent = "* { pointer-events: auto !important }";
  document.documentElement.append(touchable);
  const total = wordsOf(document.body);
  for (const element of [document.documentElement, document.body, ...document.querySelectorAll("body > *, body > * > *")].slice(0, 200)) {
    for (const pseudo of ["::before", "::after"]) liftPseudo(element, pseudo);
  }
  for (const element of [...elementsOf(document.body)]) {
    if (!element.isConnected) continue;
    const style = getComputedStyle(element);
    if (style.position === "sticky") important(element, { position: "static" });
    if (!isLayered(style) || style.display === "none" || isForReadersOnly(element, style)) continue;
    const isLayer = style.position === "fixed" || (parseInt(style.zIndex, 10) > 0 && coverOf(element.getBoundingClientRect()) >= COVERS && wordsOf(element) < 0.5 * total && coversText(element));
    if (isLayer && element !== document.body) settleLayer(element, style, total);
  }
  if (getComputedStyle(document.body).position !== "static") {
    const { position } = getComputedStyle(document.body);
    if (position === "fixed" || position === "absolute") important(document.body, { position: "relative", inset: "auto", width: "auto" });
  }
  touchable.remove();
};
