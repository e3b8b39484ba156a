// Makes a loaded document hold still and complete: called once, before it is measured. Runs in an isolated world, so
// the document's own scripts cannot reach it. Returns { nodes, pixels, filtered } when over a limit it was given, else
// { ordinary, large }: whether it goes down the page as text does, and nothing in it scrolls, hides or sticks to the
// screen; and whether it is too large to be opened where that is not so. A document that is not to be `opened` is not
// looked at for that, which would lay it out.
async ({ opened, maxNodes, maxPicturePixels, animationFrames }) => {
  // Opening looks at every element and every line, some several times: what is larger is shown as it is, in time.
  const MAX_OPENED = 50_000;
  const MAX_LETTERS = 2_000_000;
  const MAX_PSEUDO_HOLDERS = 100; // elements whose ::before and ::after may be a background that fills the screen
  const UNSHOWN = new Set("head script style title meta link base template noscript datalist option area map".split(" "));
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

  // One look at each element: what filters its backdrop, and whether anything is out of the ordinary, so that it has to
  // be opened (opening/open.js). Ordinary documents, as our own, are left as they are.
  const filtering = [];
  const isPlain = (value) => value === "none" || value === "normal";
  const large = nodes > MAX_OPENED || (document.body?.textContent.length ?? 0) > MAX_LETTERS;
  // (behind a backslash a sheet may say anything)
  const looked = opened || /backdrop-filter|\\/i.test(root.outerHTML) ? root.getElementsByTagName("*") : [];
  let ordinary = opened && root.scrollWidth <= root.clientWidth + 1 && !document.querySelector("iframe, object, embed, dialog[open], marquee, textarea, select[size], [hidden]:not(aside.notes)");
  const holders = ordinary ? [root, ...document.querySelectorAll("body, body > *, body > * > *")] : [];
  for (const element of holders.slice(0, MAX_PSEUDO_HOLDERS)) {
    for (const pseudo of ["::before", "::after"]) {
      const style = getComputedStyle(element, pseudo);
      if (style.content !== "none" && style.position === "fixed") ordinary = false;
    }
  }
  for (const element of looked) {
    const style = getComputedStyle(element);
    if (style.backdropFilter !== "none") filtering.push(element);
    if (!ordinary) continue;
    if (element.shadowRoot || style.position === "fixed" || style.position === "sticky" || style.visibility !== "visible") ordinary = false;
    else if (style.display === "none") ordinary = UNSHOWN.has(element.localName) || element.matches("aside.notes[hidden]");
    else if (!style.writingMode.startsWith("horizontal") || style.opacity === "0" || !isPlain(style.contain)) ordinary = false;
    else if (style.contentVisibility !== "visible" || style.webkitLineClamp !== "none") ordinary = false;
    else {
      const box = element.getBoundingClientRect();
      const isPage = element === root || element === document.body;
      const covers = style.position === "absolute" && box.width >= 0.6 * innerWidth && box.height >= 0.6 * innerHeight;
      if (covers || box.left < -1 || box.right > innerWidth + 1 || box.top < -1) ordinary = false;
      else if (isPage && !(isPlain(style.transform) && isPlain(style.scale) && isPlain(style.rotate) && isPlain(style.translate))) ordinary = false;
      else if (isPage && (style.overflowX !== "visible" || style.overflowY !== "visible" || style.position !== "static")) ordinary = false;
      else if (!isPage && element instanceof HTMLElement && style.display !== "inline") {
        // (Without a doctype what the body says of its scrolling is the screen's.)
        // Glyphs reach out of a tight line; what hangs out by more is cut off, or lies over what follows.
        const over = style.overflowY === "visible" ? 0.5 * parseFloat(style.fontSize) : 1;
        if (element.scrollHeight > element.clientHeight + Math.max(1, over) && element.clientHeight > 0) ordinary = false;
        if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) ordinary = false;
      }
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
      return page.height > 0 && box.width >= page.width * 0.98 && box.height >= page.height * 0.8 && !unpainted(element);
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
  return { ordinary, large };
}
