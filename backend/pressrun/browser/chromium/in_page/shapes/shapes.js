// What is painted on the slides, as shapes of a presentation: called once the slices are known. Answers with the JSON of
// slide_shapes.SlideShapes, in the order of painting. What no shape can say is a piece: it is marked for `isolate.js`, and
// a picture is taken of it alone.

// What lies behind everything: the colour of the canvas, a gradient of it, or a picture of each slide's.
const canvas = () => {
  const root = getComputedStyle(document.documentElement), body = getComputedStyle(document.body);
  const of = [root, body].find((style) => style.backgroundImage !== "none" || colourOf(style.backgroundColor)[3] > FAINT);
  const white = { red: 255, green: 255, blue: 255, alpha: 1 };
  if (!of) return { colour: white, picture: false };
  const colour = paintOf(of.backgroundColor, 1);
  return { colour: colour.alpha > 0.99 ? colour : white, picture: of.backgroundImage !== "none" || (colour.alpha > FAINT && colour.alpha < 0.99) };
};

const paintedShapes = () => {
  const written = document.querySelector("main.deck > .slide") ?? document.body;
  const vertical = !written || /^(vertical|sideways)/.test(getComputedStyle(written).writingMode);
  const ground = document.body ? canvas() : null;
  if (!vertical) {
    const style = getComputedStyle(document.body);
    const root = document.documentElement;
    const context = {
      clip: EVERYWHERE, outer: EVERYWHERE, opacity: parseFloat(style.opacity) || 1, fixed: false, block: document.body, lines: new Map(),
      link: null, lang: root.lang, code: false, raised: null, mark: null, pre: false, group: ++groupNumber, list: null, level: 0,
      item: null, marker: null, kind: "paragraph", rank: null, cell: null,
    };
    walk(document.body, context);
    flush();
  }
  // One string: as objects it would take the protocol three times as long.
  return JSON.stringify({ width, height, vertical, ground, slides });
};
