// What the slides say, slide by slide: called once the slices are known. Answers with the JSON of slide_texts.SlideTexts.
// Changes nothing.

const paintedWords = () => {
  const root = document.documentElement;
  const everything = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
  const rootStyle = getComputedStyle(root);
  if (document.body) {
    const background = rootStyle.backgroundImage !== "none" ? null
      : isOpaque(rootStyle.backgroundColor) ? rootStyle.backgroundColor
      : isClear(rootStyle.backgroundColor) ? "rgb(255, 255, 255)" : null;
    const bodyStyle = getComputedStyle(document.body);
    const rtl = bodyStyle.direction === "rtl" || /-rl$/.test(bodyStyle.writingMode) || rootStyle.direction === "rtl";
    walk(document.body, {
      kind: "paragraph", level: null, lang: root.lang, dir: rootStyle.direction, pre: false, rtl,
      clip: everything, outer: everything, background, opacity: 1, hidden: false, fixed: false, svg: false, maths: false,
      clipsText: false, added: false, continues: false, within: false, isPage: true, frame: { dx: scrollX, dy: scrollY, range: document.createRange(), depth: 0 },
    });
    flush();
    if (slides.length) notes[standing ?? slides.length - 1].push(...waiting);
  }
  for (const slide of slides) slide.notes = notes[slide.index - 1].join("\n");
  for (const section of document.querySelectorAll("main.deck > section.slide[data-layout]")) {
    const at = section.getBoundingClientRect().top + scrollY;
    const slide = slices.findIndex(({ top }) => Math.abs(top - at) < EDGE);
    if (slide >= 0) slides[slide].layout = section.dataset.layout;
  }
  // One string: as objects it would take the protocol three times as long.
  return JSON.stringify({ width, height, slides, not_shown, lost_pictures });
};
