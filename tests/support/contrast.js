// What is written on each slide of a deck, and how well it can be read: the least contrast (WCAG 2.2) between the computed
// colour of a text and what is behind it, over all that may be behind it: every stop of a gradient counts.
() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const colourOf = (text) => {
    if (!known.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = "rgba(0, 0, 0, 0)";
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
      known.set(text, [red, green, blue, alpha / 255]);
    }
    return known.get(text);
  };
  const over = ([red, green, blue, alpha], [r, g, b]) => [red * alpha + r * (1 - alpha), green * alpha + g * (1 - alpha), blue * alpha + b * (1 - alpha), 1];
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const COLOURS = /(?:rgba?|oklch|oklab|lab|lch|hsl|color)\([^()]*\)|#[0-9a-f]{3,8}\b/gi;
  // CSS px of `50%`, `12px`, `calc(100% - 12px)`: of what a percentage is of.
  const lengthOf = (text, whole) => [...text.matchAll(/([+-] )?(-?[\d.]+)(%|px)/g)].reduce((sum, [, sign, value, unit]) => sum + (sign === "- " ? -1 : 1) * value * (unit === "%" ? whole / 100 : 1), 0);
  const parts = (list, by) => list.split(new RegExp(`${by}(?![^()]*\\))`)).map((part) => part.trim());
  // The layers of a background that are behind `rect`, as their CSS.
  const layersBehind = (element, style, rect) => {
    const box = element.getBoundingClientRect();
    const layers = style.backgroundImage.split(/,\s*(?=(?:repeating-)?(?:linear|radial|conic)-gradient|url)/);
    const [sizes, places, repeats] = [style.backgroundSize, style.backgroundPosition, style.backgroundRepeat].map((list) => parts(list, ","));
    return layers.filter((_, at) => {
      if (!repeats[at % repeats.length].startsWith("no-repeat")) return true;
      const [wide, high] = parts(sizes[at % sizes.length], " ");
      if (wide === "auto" || high === undefined) return true;
      const [width, height] = [lengthOf(wide, box.width), lengthOf(high, box.height)];
      const [x, y] = parts(places[at % places.length], " ");
      const left = box.left + lengthOf(x, box.width - width), top = box.top + lengthOf(y, box.height - height);
      return rect.left < left + width && rect.right > left && rect.top < top + height && rect.bottom > top;
    });
  };
  const groundsOf = (element, rect) => {
    if (!element) return [[255, 255, 255, 1]];
    const style = getComputedStyle(element);
    const plain = colourOf(style.backgroundColor);
    let grounds = plain[3] > 0.999 ? [plain] : groundsOf(element.parentElement, rect).map((ground) => over(plain, ground));
    if (style.backgroundImage !== "none") {
      const painted = layersBehind(element, style, rect).flatMap((layer) => layer.match(COLOURS) ?? []).map(colourOf).filter(([, , , alpha]) => alpha > 0);
      grounds = [...grounds, ...painted.flatMap((colour) => grounds.map((ground) => over(colour, ground)))];
    }
    return grounds;
  };
  const range = document.createRange();
  const found = [];
  const judge = (slide, element, style, words, rect) => {
    const colour = colourOf(style.color);
    const least = Math.min(...groundsOf(element, rect).map((ground) => contrast(over(colour, ground), ground)));
    const name = `${element.tagName.toLowerCase()}${element.className ? `.${String(element.className).replace(/ /g, ".")}` : ""}`;
    found.push([slide.dataset.layout, name, words.trim().slice(0, 30), Math.round(least * 100) / 100]);
  };
  for (const slide of document.querySelectorAll(".slide")) {
    const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { data, parentElement } = walker.currentNode;
      range.selectNodeContents(walker.currentNode);
      const rect = range.getBoundingClientRect();
      if (data.trim() && rect.width) judge(slide, parentElement, getComputedStyle(parentElement), data, rect);
    }
    for (const item of slide.querySelectorAll("li")) judge(slide, item, getComputedStyle(item, "::marker"), "(marker)", item.getBoundingClientRect());
  }
  return found;
}
