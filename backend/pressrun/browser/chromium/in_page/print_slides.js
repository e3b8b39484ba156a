// Makes the loaded document one tall page of a print that is laid out exactly as on the screen (decision 0064); `layer`
// says what of it is printed: "content", or "background": what stays on the screen while it scrolls, on the first page.
// The first call changes the document for good. It returns { background, top, places, canvas }: whether anything is in that
// layer, which height of the document is at the top of the tall page, and where what its own links lead to is (CSS px);
// { vertical, title, lang } instead of what cannot be printed so; and the colour of the canvas, [red, green, blue] from 0 to 255, which is seen wherever a slide shows nothing else.
({ layer }) => {
  const root = document.documentElement;
  const LAYER = "pressrun-layer";
  const FIXED = "pressrun-fixed";
  const important = (element, property, value) => element.style.setProperty(property, value, "important");
  const show = () => {
    const stays = root.hasAttribute(FIXED);
    if (stays && layer === "content") important(root, "background", "none");
    root.setAttribute(LAYER, layer);
    return stays || root.querySelector(`[${FIXED}]`) !== null;
  };
  if (root.hasAttribute(LAYER)) return { background: show() };
  // Of a page whose columns follow each other Chromium prints one sheet only: nothing is changed then.
  if (/^(vertical|sideways)/.test(getComputedStyle(document.body ?? root).writingMode)) {
    return { vertical: true, title: document.title, lang: root.lang };
  }
  const height = document.scrollingElement.scrollHeight;
  // Chromium shrinks a page that goes beyond its right side, and would break its lines anew.
  const isWide = document.scrollingElement.scrollWidth > innerWidth;
  const style = getComputedStyle(root);
  const body = document.body;

  // Chromium writes other places than those on the page when a print has a scale.
  const places = {};
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    const name = decodeURIComponent(link.hash.slice(1).replace(/%(?![0-9a-f]{2})/gi, "%25"));
    const target = document.getElementById(name) ?? document.getElementsByName(name)[0];
    if (name && target) places[name] = target.getBoundingClientRect().top + scrollY;
  }

  // Where the root is written from the right, Chromium prints a scaled page a quarter of its width too far to the right,
  // and cuts off what is there. So only the body is, at the same place; both are told it, for what goes over its
  // margins would go to the other side.
  if (body && style.direction === "rtl") {
    const rootAt = root.getBoundingClientRect().left + scrollX;
    const bodyAt = body.getBoundingClientRect().left + scrollX;
    important(body, "direction", getComputedStyle(body).direction);
    important(root, "direction", "ltr");
    important(root, "margin-left", `${rootAt}px`);
    important(root, "contain", "size"); // as below; else the root takes its direction over from the body
    const kept = root.style.cssText;
    important(root, "padding-right", "1px"); // Chromium lays a page out anew for this, and not for its direction
    body.getBoundingClientRect();
    root.style.cssText = kept;
    let margin = bodyAt - rootAt - parseFloat(style.borderLeftWidth) - parseFloat(style.paddingLeft);
    important(body, "margin-left", `${margin}px`);
    // A body that is moved stands elsewhere by that; of one that its root centres a margin counts half.
    for (let tries = 0; tries < 20; tries++) {
      const moved = body.getBoundingClientRect().left + scrollX - bodyAt;
      if (Math.abs(moved) < 0.02) break;
      margin -= moved;
      important(body, "margin-left", `${margin}px`);
    }
    root.style.removeProperty("contain");
  }

  // Whose boxes are placed and sized by the screen: they keep what the screen gave them.
  const loose = [];
  const holds = (style, position) =>
    (style.position !== "static" && position === "absolute") ||
    [style.transform, style.translate, style.rotate, style.scale, style.perspective, style.filter, style.backdropFilter]
      .some((value) => value && value !== "none") ||
    /paint|layout|strict|content/.test(style.contain) ||
    /transform|perspective|filter/.test(style.willChange) ||
    style.contentVisibility === "auto";
  const find = (element, absoluteHeld) => {
    for (const child of (element.shadowRoot ?? element).children) {
      const style = getComputedStyle(child);
      if (style.display === "none") continue;
      if (style.position === "fixed") {
        child.setAttribute(FIXED, "");
        continue;
      }
      if (style.position === "absolute" && !absoluteHeld) loose.push([child, style]);
      if (!holds(style, "fixed")) find(child, absoluteHeld || holds(style, "absolute"));
    }
  };
  if (!holds(style, "fixed")) find(root, holds(style, "absolute"));
  const frozen = loose.map(([element, style]) => [
    element,
    Object.fromEntries(
      ["left", "width", "height", "margin-top", "margin-left"].map((name) => [name, style.getPropertyValue(name)]),
    ),
    parseFloat(style.top),
  ]);

  // What the canvas shows it shows of the root, for a contained root takes nothing over from its body.
  const isPainted = ({ backgroundColor, backgroundImage }) =>
    backgroundImage !== "none" || !/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor);
  if (body && !isPainted(style) && isPainted(getComputedStyle(body))) {
    const painted = getComputedStyle(body);
    for (const name of ["color", "image", "position", "size", "repeat", "attachment", "origin", "clip"]) {
      important(root, `background-${name}`, painted.getPropertyValue(`background-${name}`));
    }
    important(body, "background", "none");
  }
  const canvasColour = () => {
    important(root, "outline-color", "Canvas"); // white, unless the document asks for a dark scheme
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    for (const colour of [style.outlineColor, style.backgroundColor]) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const canvas = canvasColour();
  // What the canvas shows on every screen becomes a thing of the screen's size: a scaled print takes the canvas for larger.
  if (/fixed/.test(style.backgroundAttachment) && style.backgroundImage !== "none") {
    if (isWide) root.setAttribute(FIXED, "");
    else {
      const canvasLayer = document.createElement("pressrun-canvas");
      for (const name of ["color", "image", "position", "size", "repeat"]) {
        important(canvasLayer, `background-${name}`, style.getPropertyValue(`background-${name}`));
      }
      const place = { position: "fixed", top: "0", left: "0", width: `${innerWidth}px`, height: `${innerHeight}px`, "z-index": "-2147483648", margin: "0", padding: "0", border: "none" };
      for (const [name, value] of Object.entries(place)) important(canvasLayer, name, value);
      canvasLayer.setAttribute(FIXED, "");
      root.prepend(canvasLayer);
      important(root, "background", "none"); // the colour too: it would be painted in front of that layer
    }
  }
  if (body && style.overflowX === "visible" && style.overflowY === "visible") important(body, "overflow", "visible");

  // Size containment makes the root one thing that no page may break, and leaves its layout as it is.
  const edges = ["padding-top", "padding-bottom", "border-top-width", "border-bottom-width"];
  const inside = style.boxSizing === "border-box" ? edges.reduce((sum, name) => sum + parseFloat(style.getPropertyValue(name)), 0) : 0;
  const top = root.getBoundingClientRect().top + scrollY;
  important(root, "contain-intrinsic-height", `${parseFloat(style.height) - inside}px`);
  // One screen below the first page, whose size is the screen's: it gives percentages and viewport units their meaning.
  // Its own margin is left out: a margin that goes over the end of a page ends there.
  const ownMargin = parseFloat(style.marginTop);
  for (const name of ["height", "min-height", "max-height"]) {
    const value = root.computedStyleMap().get(name);
    if (value instanceof CSSUnitValue && value.unit === "percent") {
      important(root, name, `${(value.value / 100) * innerHeight}px`);
    }
  }
  important(root, "margin-top", `${innerHeight}px`);
  important(root, "contain", isWide ? "size paint" : "size");
  for (const [element, values, y] of frozen) {
    for (const [name, value] of Object.entries(values)) important(element, name, value);
    important(element, "top", `${isWide ? y - top : y + innerHeight - ownMargin}px`);
    important(element, "right", "auto");
    important(element, "bottom", "auto");
    important(element, "contain", "size");
  }

  // A CSS px is printed as 1 pt (the scale of 4/3): only whole points come through Chromium's page sizes unrounded.
  const size = (height) => `size: ${(innerWidth * 4) / 3}px ${(Math.ceil(height) * 4) / 3}px !important; margin: 0 !important`;
  const sheet = document.createElement("style");
  sheet.textContent = `
    @page { ${size(height + 64)} }
    @page :first { ${size(innerHeight)} }
    * { page: auto !important }
    html[${LAYER}=content] [${FIXED}] { display: none !important }
    html[${LAYER}=background] :not([${FIXED}], [${FIXED}] *) { visibility: hidden !important }
    html[${LAYER}=background] [${FIXED}] { visibility: visible }`;
  root.append(sheet);
  return { background: show(), top: ownMargin, places, canvas };
}
