// How wide each text is in the fonts that are named, of a size of 1, of how many signs it is, whether it is in their bold, and
// at which share of its size: what a program makes of it that has just these fonts, places letters without rounding to
// pixels, and has no bold that only looks so. A font that the page brings along may be as heavy at 400 as another's bold,
// and smaller: then the nearer of the two is taken, as large as makes it as wide.
({ texts }) => {
  const SIZE = 1000; // px: what is rounded does not count
  const SEEN = 80; // px: enough to tell how heavy letters are
  const SAMPLE = 24; // signs of it
  const [SMALLEST, LARGEST] = [0.85, 1.15]; // what is more is dealt out between the letters
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const signs = new Intl.Segmenter();
  const brought = new Set([...document.fonts].map((face) => face.family.replace(/^["']|["']$/g, "")));
  const widthOf = (font, text) => {
    pen.font = font;
    return pen.measureText(text).width;
  };
  // For as much of a line as the text takes.
  const inkOf = (font, text) => {
    const wide = widthOf(font, text);
    const canvas = new OffscreenCanvas(Math.ceil(wide) + 2 * SEEN, 3 * SEEN);
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    brush.font = font;
    brush.fillText(text, SEEN, 2 * SEEN);
    const pixels = brush.getImageData(0, 0, canvas.width, canvas.height).data;
    let ink = 0;
    for (let at = 3; at < pixels.length; at += 4) ink += pixels[at];
    return ink / Math.max(1, wide);
  };
  // One answer for all that looks alike: bold, share.
  const known = new Map();
  const standInOf = (own, weight, slant, names, bold, text) => {
    const first = own.split(",", 1)[0].trim().replace(/^["']|["']$/g, "");
    if (!brought.has(first)) return [bold, 1];
    const look = [own, weight, slant, names].join("|");
    if (!known.has(look)) {
      const sample = text.trim().slice(0, SAMPLE);
      const font = `${slant}${weight} ${SEEN}px ${own}`;
      const fonts = ["", "bold "].map((of) => `${slant}${of}${SEEN}px ${names}`);
      const [plain, heavy] = fonts.map((other) => Math.abs(inkOf(other, sample) - inkOf(font, sample)));
      const share = widthOf(font, sample) / Math.max(1, widthOf(fonts[+(heavy < plain)], sample));
      known.set(look, [heavy < plain, Math.min(LARGEST, Math.max(SMALLEST, share))]);
    }
    return known.get(look);
  };
  return texts.map(([families, own, weight, usually, italic, text]) => {
    const names = families.map((name) => JSON.stringify(name)).join(", ");
    const slant = italic ? "italic " : "";
    const [bold, share] = standInOf(own, weight, slant, names, usually, text);
    const width = widthOf(`${slant}${bold ? "bold " : ""}${SIZE}px ${names}`, text) / SIZE;
    return [width, [...signs.segment(text)].length, bold, share];
  });
}
