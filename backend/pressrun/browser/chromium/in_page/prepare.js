// Makes a loaded document hold still and complete: called once, before it is measured. Runs in an isolated world, so
// the document's own scripts cannot reach it. Returns { nodes, pixels, filtered } when over a limit it was given, else { }.
async ({ maxNodes, maxPicturePixels, animationFrames }) => {
  const nodes = document.getElementsByTagName("*").length;
  if (nodes > maxNodes) return { nodes };

  const pictures = [...document.images];
  for (const picture of pictures) picture.loading = "eager"; // lazy ones would stay empty until scrolled to
  // One that stands there several times is decoded once.
  const sizes = new Map(pictures.map((picture) => [picture.currentSrc, picture.naturalWidth * picture.naturalHeight]));
  const pixels = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (pixels > maxPicturePixels) return { pixels };

  const important = (element, property, value) => element.style.setProperty(property, value, "important");
  const root = document.documentElement;
  important(root, "scroll-behavior", "auto");
  important(root, "scroll-snap-type", "none");

  // A page that scrolls its body instead of itself would show its first screen only.
  for (const element of [root, document.body]) {
    if (element && element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY !== "visible") {
      important(element, "height", "auto");
      important(element, "max-height", "none");
      important(element, "overflow", "visible");
    }
  }

  // What sticks to the screen would cover text on every slide. It is shown once, where it belongs; a background
  // that fills the screen may stay.
  const filtering = [];
  for (const element of root.getElementsByTagName("*")) {
    const { position, backdropFilter } = getComputedStyle(element);
    if (backdropFilter !== "none") filtering.push(element);
    if (position === "sticky") important(element, "position", "static");
    if (position === "fixed" && element.getBoundingClientRect().height < innerHeight * 0.9) {
      important(element, "position", "absolute");
    }
  }

  // What filters its backdrop is drawn into a picture of its own, as large as its part of the screen: 300 such layers
  // took 3 GB outside of the page's process, and held up every other page of the browser.
  const filtered = new Map(); // device pixels, by the screen that they begin on
  for (const box of filtering.map((element) => element.getBoundingClientRect())) {
    const screen = Math.floor(Math.max(0, box.top) / innerHeight);
    const area = Math.min(box.width, innerWidth) * Math.min(box.height, innerHeight) * devicePixelRatio ** 2;
    filtered.set(screen, (filtered.get(screen) ?? 0) + area);
  }
  const most = Math.max(0, ...filtered.values());
  if (most > maxPicturePixels) return { filtered: most };

  // A colour gradient over the whole page would begin anew below its end: every slide gets the whole of it instead.
  for (const element of [root, document.body]) {
    if (element && /gradient\(/.test(getComputedStyle(element).backgroundImage)) {
      important(element, "background-attachment", "fixed");
    }
  }

  // A page whose background is painted by one big wrapper goes on in that colour where a slide has room left.
  const unpainted = (element) => {
    const { backgroundColor, backgroundImage } = getComputedStyle(element);
    return backgroundImage === "none" && /^(transparent|rgba\(.*, 0\))$/.test(backgroundColor);
  };
  if (document.body && unpainted(root) && unpainted(document.body)) {
    const page = root.getBoundingClientRect();
    const wrapper = [...document.body.querySelectorAll(":scope > *, :scope > * > *")].find((element) => {
      const box = element.getBoundingClientRect();
      return box.width >= page.width * 0.98 && box.height >= page.height * 0.8 && !unpainted(element);
    });
    if (wrapper) important(root, "background-color", getComputedStyle(wrapper).backgroundColor);
  }

  for (const animation of document.getAnimations()) {
    try {
      animation.finish();
    } catch {
      animation.cancel(); // endless ones have no end to jump to
    }
  }

  await document.fonts.ready;
  await Promise.allSettled(pictures.map((picture) => picture.decode()));
  for (let frame = 0; frame < animationFrames; frame++) await new Promise(requestAnimationFrame);
  return {};
}
