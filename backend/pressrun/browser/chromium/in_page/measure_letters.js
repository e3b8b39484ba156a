// How wide each text is in the fonts that are named, of a size of 1, and of how many signs it is: what a program makes of
// it that has just these fonts, places letters without rounding to pixels, and has no bold that only looks so.
({ texts }) => {
  const SIZE = 1000; // px: what is rounded does not count
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const signs = new Intl.Segmenter();
  return texts.map(([families, bold, italic, text]) => {
    const names = families.map((name) => JSON.stringify(name)).join(", ");
    pen.font = `${italic ? "italic " : ""}${bold ? "bold " : ""}${SIZE}px ${names}`;
    return [pen.measureText(text).width / SIZE, [...signs.segment(text)].length];
  });
}
