// Those of `characters` that are drawn as the box for a missing glyph, in the fonts of the elements they stand in; changes
// nothing. A character is one when it is drawn just as a code point that no font has: what counts is what Chromium shows.
({ characters }) => {
  const NOBODYS = "\u{10FFFD}"; // the last private-use character (Unicode 23.5)
  const SIZE = 48; // px of a square around a letter of half that height
  const MAX_FAMILIES = 4; // for each character; a document that tells more apart has one of them everywhere
  const wanted = new Map([...characters].map((character) => [character, new Set()]));

  const look = (node, family) => {
    for (const character of node.data) {
      const families = wanted.get(character);
      if (!families || families.size >= MAX_FAMILIES) continue;
      family ??= getComputedStyle(node.parentElement ?? document.body).fontFamily;
      families.add(family);
    }
  };
  const walk = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) look(node);
      else if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document.body);

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const draw = (character, family) => {
    context.font = `${SIZE / 2}px ${family}`;
    context.clearRect(0, 0, SIZE, SIZE);
    context.fillText(character, SIZE / 6, (SIZE * 2) / 3);
    return new Uint32Array(context.getImageData(0, 0, SIZE, SIZE).data.buffer);
  };
  const boxes = new Map();
  const isMissing = (character, family) => {
    context.font = `${SIZE / 2}px ${family}`;
    if (!boxes.has(family)) boxes.set(family, [context.measureText(NOBODYS).width, draw(NOBODYS, family)]);
    const [width, box] = boxes.get(family);
    return context.measureText(character).width === width && draw(character, family).every((pixel, i) => pixel === box[i]);
  };
  const page = document.body ? getComputedStyle(document.body).fontFamily : "serif";
  return [...wanted]
    .filter(([character, families]) => [...(families.size ? families : [page])].some((family) => isMissing(character, family)))
    .map(([character]) => character)
    .join("");
}
