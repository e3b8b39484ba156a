// Deals the document that `compose_measure` turned into one endless slide out to slides, as they were planned: `slides`
// say with which atom each begins and ends, its layout, its number, and the heading that goes on there. Chooses the size of type
// (of the theme's: `smallest` to `largest`, `readable` where only a word asks for it), and answers with the HTML of each slide,
// what stands before and behind them, and where the slides stand, CSS px. Where the page shows a part of the document only,
// a slide has its `heading` as HTML.
async ({ slides, smallest, readable, largest }) => {
  const SMALLER = [0.96, 0.92, 0.88, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5].filter((scale) => scale >= smallest);
  const LARGER = [1.15, 1.08].filter((scale) => scale <= largest);
  const SPARSE = 0.55; // of the room: what is less full is shown larger, and stands at the optical centre
  const ROOMY = 0.8; // of the room, at most, for what is shown larger
  const LEAST_PICTURE = 0.3; // of the room
  const ADDED = "data-pressrun-added"; // nobody sent it: see words/context.js
  const DENSE = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u; // as in words/places.js
  const CONTINUES = new Set("LI DD BLOCKQUOTE DIV SECTION DETAILS ASIDE".split(" ")); // what has a mark or a border where it begins
  const HEADINGS = ":is(h1, h2, h3, h4, h5, h6)";
  const LARGE = new Set(["title", "section", "statement", "quote", "closing"]); // whose paragraphs are larger than text
  const DOUBTFUL = 0.5; // of a line: a word with as many letters might not find room, for none is wider than it is high
  const UNBROKEN = /[^\s\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}-]+/gu;
  const PARTED = new Set(["sentence", "clause", "word"]);
  const GROWS = new Set(["text", "columns", "quote", "statement", "title", "section", "closing", "table", "questions"]);
  const { sheet, deck, section: flow, content, bounds, headings, backdrops, notes, footnotes, isVertical, turned } = globalThis.pressrunFlow;
  const boxOf = (element) => turned(element.getBoundingClientRect());
  const range = document.createRange();
  footnotes?.remove();

  const isBreak = (node) => node.classList?.contains("slide-break");
  const setBound = (side, at) => {
    if (at >= bounds.length) return range[`set${side}After`](content.lastChild);
    const { node, offset } = bounds[at];
    if (offset === null) range[`set${side}Before`](node);
    else range[`set${side}`](node, offset);
  };

  // The elements that an atom stands in and that began before it, outermost first.
  const openAt = (at) => {
    const { node, offset } = bounds[at];
    const open = [];
    for (let element = node.parentNode; element !== content; element = element.parentNode) open.unshift(element);
    if (offset !== null && node.nodeType === 1) open.push(node);
    return open;
  };

  const numberOf = (item) => {
    let number = item.parentNode.start ?? 1;
    for (const other of item.parentNode.children) {
      if (other.hasAttribute("value")) number = other.value;
      if (other === item) return number;
      number++;
    }
    return number;
  };

  // What goes on from the slide before: an item has its number only once, a table its head on each.
  const goOn = (clone, original, first) => {
    clone.removeAttribute("id");
    const tag = original.tagName;
    if (tag === "OL" || tag === "UL") {
      if (tag === "OL" && first?.tagName === "LI") clone.start = numberOf(first);
    } else if (tag === "TABLE") {
      if (original.tHead && !clone.tHead) {
        const head = original.tHead.cloneNode(true);
        head.setAttribute(ADDED, "");
        clone.insertBefore(head, clone.firstChild);
      }
      const columns = original.querySelector("colgroup");
      if (columns && !clone.querySelector("colgroup")) clone.insertBefore(columns.cloneNode(true), clone.firstChild);
    } else if (CONTINUES.has(tag)) clone.classList.add("continues");
  };

  // Whether the slide begins in the middle of a word, of a script that parts words.
  const isWithinWord = ({ node, offset }) =>
    offset > 0 && node.nodeType === 3 && /^[\p{L}\p{M}\p{N}]{2}$/u.test(node.data.slice(offset - 1, offset + 1)) && !DENSE.test(node.data.slice(offset - 1, offset + 1));

  const pieceOf = ({ first, last, before }) => {
    setBound("Start", first);
    setBound("End", last);
    let piece = range.cloneContents();
    for (let node = range.commonAncestorContainer; node !== content; node = node.parentNode) {
      if (node.nodeType !== 1) continue;
      const around = node.cloneNode(false);
      around.append(piece);
      piece = document.createDocumentFragment();
      piece.append(around);
    }
    const open = openAt(first);
    const { node, offset } = bounds[first];
    let inside = piece, holder = null;
    for (const [at, original] of open.entries()) {
      const clone = [...inside.children].find((child) => child.tagName === original.tagName);
      if (!clone) break;
      goOn(clone, original, open[at + 1] ?? (offset === null ? node : null));
      inside = clone;
      if (!getComputedStyle(original).display.startsWith("inline")) holder = clone;
    }
    if (holder && PARTED.has(before)) holder.classList.add("parted");
    if (holder && isWithinWord(bounds[first])) holder.classList.add("within");
    // an element that only ends where the slide begins, or begins where it ends
    for (const element of [...piece.children]) if (isBreak(element) || (!element.firstChild && /^(P|UL|OL|LI|DL|DD|DT|BLOCKQUOTE|DIV|TABLE|PRE)$/.test(element.tagName))) element.remove();
    return piece;
  };

  const elementOf = (html) => Object.assign(document.createElement("template"), { innerHTML: html }).content.firstElementChild;
  const runningOf = ({ running, part, title, heading: told }) => {
    const header = document.createElement("header");
    header.className = "heading running";
    header.setAttribute(ADDED, "");
    let heading;
    if (running === null) {
      heading = document.createElement("h2");
      heading.textContent = title;
    } else {
      heading = told ? document.importNode(elementOf(told), true) : headings[running].cloneNode(true);
      heading.removeAttribute("id");
      for (const called of heading.querySelectorAll(".footnote-ref")) called.remove();
      for (const element of heading.querySelectorAll("[id]")) element.removeAttribute("id");
    }
    if (part) {
      const number = document.createElement("span");
      number.className = "part";
      number.textContent = part;
      heading.append(" ", number);
    }
    header.append(heading);
    return header;
  };

  // What its author says of a slide: classes for a style sheet, and a colour behind it, on which text is to be read.
  const OWN = new Set("slide measured deck document notes heading running side footnotes continues".split(" "));
  const LEAST = 3; // to 1: contrast of a colour that an author gives to large text
  const dress = (section, { class: classes = "", background = "", color = "" }) => {
    for (const name of classes.split(/\s+/)) if (/^[A-Za-z_][\w-]*$/.test(name) && !OWN.has(name)) section.classList.add(name);
    const inverted = section.classList.contains("invert") && !background;
    if (!background && !color && !inverted) return;
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    const isOpaque = (colour) => {
      if (/^(inherit|initial|unset|revert|revert-layer|currentcolor)$/i.test(colour)) return false;
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      return pen.getImageData(0, 0, 1, 1).data[3] === 255;
    };
    const lightOf = (colour) => {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [red, green, blue] = [...pen.getImageData(0, 0, 1, 1).data].map((value) => (value / 255 <= 0.04045 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (one, other) => {
      const [dark, bright] = [lightOf(one), lightOf(other)].sort((less, more) => less - more);
      return (bright + 0.05) / (dark + 0.05);
    };
    // What lets the page be seen through it, or takes another's colour, says nothing of the ink that is read on it.
    const isPlain = (colour) => CSS.supports("color", colour) && isOpaque(colour);
    const styled = inverted || (color && !isPlain(background)) ? getComputedStyle(deck) : null; // no section is on the page yet
    const ground = isPlain(background) ? background : styled?.getPropertyValue(inverted ? "--ink" : "--page").trim();
    if (!ground || !isPlain(ground)) return;
    let ink = contrast(ground, "#ffffff") > contrast(ground, "#000000") ? "#ffffff" : "#000000";
    const isOwn = color && isPlain(color) && contrast(ground, color) >= LEAST;
    if (isOwn) ink = color;
    else if (!inverted && !isPlain(background)) return;
    if (inverted || isPlain(background)) {
      section.style.setProperty("--page", ground);
      section.style.setProperty("background-image", "none");
      for (const name of ["panel", "mark"]) section.style.setProperty(`--${name}`, ground);
    }
    for (const name of ["ink", "heading", "strong", "soft", "quote", "accent", "line", "good", "special", "careful", "bad"]) section.style.setProperty(`--${name}`, ink);
  };

  // Pictures behind the slide, side by side if they are several, or over one side of it; and the one that is all of it.
  const hang = (section, { backdrops: numbers = "", side = "", share = "0.5", bleed = "", color = "" }) => {
    if (bleed) section.dataset.bleed = bleed;
    if (!numbers) return;
    const wall = document.createElement("div");
    wall.className = "backdrops";
    for (const number of numbers.split(" ")) {
      const figure = backdrops[number];
      const picture = figure.querySelector("img").cloneNode(true);
      picture.removeAttribute("width");
      picture.removeAttribute("height");
      picture.className = figure.classList.contains("picture-contain") ? "contain" : "cover";
      const scale = /picture-scale-(\d+)/.exec(figure.className)?.[1];
      if (scale) picture.style.cssText = `flex: none; width: ${scale}%; height: ${scale}%; margin: auto`;
      if (figure.classList.contains("picture-vertical")) wall.classList.add("vertical");
      wall.append(picture);
    }
    section.dataset.picture = bleed ? "all" : side || "behind";
    if (side && !bleed) section.style.setProperty("--share", `${100 * share}%`);
    else if (!bleed) dress(section, { background: "black", color });
    section.prepend(wall);
  };

  // At the foot and above the heading: what the author says of this slide, else what is said of all.
  const { header: headWords = "", footer: footerWords = "", pageNumbers, logo, runningHeading } = document.documentElement.dataset;
  const edge = (tag, words) => {
    const element = document.createElement(tag);
    element.className = `slide-${tag}`;
    element.setAttribute(ADDED, "");
    if (tag === "footer" && logo !== undefined) element.append(Object.assign(document.createElement("span"), { className: "logo" }));
    element.append(Object.assign(document.createElement("span"), { className: "words", dir: "auto", textContent: words }));
    return element;
  };
  const edgesOf = (section, { author: { header, footer }, number, is_place: isPlace, rest }) => {
    if (rest) return;
    if ("headed" in deck.dataset && (header ?? headWords)) section.append(edge("header", header ?? headWords));
    if (!("footed" in deck.dataset)) return;
    const foot = edge("footer", footer ?? footerWords);
    if (pageNumbers !== undefined && number !== null) foot.append(Object.assign(document.createElement("span"), { className: isPlace ? "number" : "number typed", textContent: number }));
    section.append(foot);
  };

  const told = new Set();
  const addNotes = (section) => {
    if (!footnotes) return;
    const called = [];
    for (const link of section.querySelectorAll(".footnote-ref a")) {
      const at = notes.findIndex(({ element }) => `#${element.id}` === link.getAttribute("href"));
      if (at >= 0 && !told.has(at)) called.push(at);
      told.add(at);
    }
    if (!called.length) return;
    const block = footnotes.cloneNode(false);
    const list = footnotes.querySelector(":scope > ol").cloneNode(false);
    for (const at of called) {
      const item = notes[at].element.cloneNode(true);
      item.value = at + 1;
      list.append(item);
    }
    block.append(list);
    section.append(block);
  };

  const putBeside = (inside) => {
    const text = document.createElement("div"), side = document.createElement("div");
    text.className = side.className = "side";
    for (const child of [...inside.childNodes]) {
      const picture = child.nodeType === 1 && (child.matches("figure, img, svg") || (child.querySelector("img, svg") && !child.textContent.trim()));
      (picture ? side : text).append(child);
    }
    inside.append(text, side);
  };

  // `94 %`, `€ 1.2 million`, `3×`: a number that is the heading of one short sentence is what the slide is about.
  const FIGURE = /^[\p{Sc}\p{Sm}≈~–-]{0,3}\s?\p{Nd}[\p{Nd}.,:/’'\s]{0,12}(?<![.:,])(?:[\s\u202f]?(?:[%‰×+°\p{Sc}]|\p{L}{1,4}[²³.]?|million|billion|trillion|thousand|lakh|crore|Millionen|Milliarden|millones|milliards))?[%+]?$/iu;
  const isFigure = (heading) => heading.textContent.trim().length <= 20 && FIGURE.test(heading.textContent.trim());

  const sections = slides.map((slide) => {
    const section = document.createElement("section");
    section.className = "slide";
    section.dataset.layout = slide.layout;
    if (slide.rest) section.dataset.rest = "";
    const inside = document.createElement("div");
    inside.className = "document";
    inside.append(pieceOf(slide));
    const first = inside.firstElementChild;
    const keepsHeading = /^(title|section|closing)$/.test(slide.layout);
    dress(section, slide.author);
    hang(section, slide.author);
    if (slide.running !== null || slide.title) {
      if (runningHeading !== "none") section.append(runningOf(runningHeading === "plain" ? { ...slide, part: null } : slide));
    }
    else if (!keepsHeading && first && /^H[1-6]$/.test(first.tagName) && !first.classList.contains("parted") && inside.children.length > 1) {
      const header = document.createElement("header");
      header.className = "heading";
      header.append(first);
      section.append(header);
      if (slide.layout === "statement" && isFigure(first)) section.dataset.figure = "";
    }
    if (slide.layout === "beside") putBeside(inside);
    if (slide.columns > 1) inside.style.setProperty("--columns", slide.columns);
    section.append(inside);
    addNotes(section);
    edgesOf(section, slide);
    return section;
  });
  flow.remove();
  deck.append(...sections);
  deck.getBoundingClientRect(); // so that fonts for what is added are asked for
  await document.fonts.ready;

  // Large type is made smaller where it would part a word: down to the size of text. `roomiest` says how much larger the whole
  // slide may be shown until it would part one.
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const roomiest = new Map();
  const fits = (section, share) => {
    if (share >= readable) roomiest.set(section, Math.min(share, roomiest.get(section) ?? Infinity));
  };
  const large = sections.flatMap((section) => [
    ...section.querySelectorAll(`:scope > .heading:not(.running) ${HEADINGS}, :scope > .document ${HEADINGS}`),
    ...(LARGE.has(section.dataset.layout) ? section.querySelectorAll(":scope > .document p") : []),
  ].map((element) => ({ section, element, style: getComputedStyle(element) })));
  // Most texts have no word that could be too long; to lay them all out anew for one would double what composing takes.
  const longest = (element) => (element.textContent.match(UNBROKEN) ?? []).reduce((most, word) => Math.max(most, word.length), 0);
  const AIR = ["paddingInlineStart", "paddingInlineEnd", "borderInlineStartWidth", "borderInlineEndWidth"];
  for (const each of large) {
    each.air = AIR.reduce((sum, name) => sum + parseFloat(each.style[name]), 0);
    each.size = parseFloat(each.style.fontSize);
    each.width = boxOf(each.element).width - each.air;
  }
  const doubtful = large.filter(({ element, size, width }) => longest(element) * size > width * DOUBTFUL);
  for (const { element } of doubtful) element.style.inlineSize = "min-content";
  for (const each of doubtful) each.needed = boxOf(each.element).width - each.air;
  for (const { section, element, size, width: room, needed } of doubtful) {
    element.style.removeProperty("inline-size");
    const isHead = element.parentElement.tagName === "HEADER"; // it stands above what is shown smaller as a whole
    const whole = (0.98 * size * room) / needed; // letters are no exact multiples
    const fitting = isHead && whole >= readable * rem ? whole : Math.max(rem, whole);
    const smaller = needed > room + 0.5 && fitting < size ? Math.floor((100 * fitting) / rem) / 100 : null;
    if (smaller !== null) element.style.fontSize = `${smaller}rem`;
    if (!element.getAttribute("style")) element.removeAttribute("style");
    if (!isHead) fits(section, (room * size) / (needed * (smaller === null ? size : smaller * rem)));
  }
  for (const table of deck.querySelectorAll("table.whole-words")) {
    if (boxOf(table).width <= boxOf(table.parentElement).width + 1) continue; // it was measured where it has more room
    table.classList.remove("whole-words");
    table.removeAttribute("style");
  }

  // Sizes of type: one step after the other, for all slides at once, so that the page is laid out some ten times at most.
  const parts = sections.filter(({ dataset }) => !("rest" in dataset)).map((section) => {
    const inside = section.querySelector(":scope > .document");
    const style = getComputedStyle(section);
    return { section, inside, layout: section.dataset.layout, pad: parseFloat(style.paddingBlockStart) + parseFloat(style.paddingBlockEnd), scale: 1 };
  });
  // How much of its lines finds room; 1 if all of it does.
  const shareShown = (element) => {
    const [shown, all] = isVertical ? [element.clientHeight, element.scrollHeight] : [element.clientWidth, element.scrollWidth];
    return all > shown + 1 ? shown / all : 1;
  };
  const measure = (part) => {
    const { section, inside } = part;
    let room = (isVertical ? section.clientWidth : section.clientHeight) - part.pad;
    for (const child of section.children) {
      if (child === inside) continue;
      const style = getComputedStyle(child); // a wall of pictures is placed behind
      if (style.display === "none" || style.position === "absolute") continue;
      room -= boxOf(child).height + parseFloat(style.marginBlockEnd) + (child.classList.contains("footnotes") ? 8 : 0);
    }
    part.room = Math.max(1, room);
    part.height = boxOf(inside).height;
    part.wide = shareShown(inside) < 1;
    if (part.layout === "picture") {
      // it fills the room, whatever there is; what counts is what it leaves for the picture
      const picture = inside.querySelector("img, svg");
      const { width = 0, height: seen = 0 } = picture ? boxOf(picture) : {};
      const shape = picture?.naturalWidth ? picture.naturalHeight / picture.naturalWidth : Infinity; // of a drawing, its box says nothing
      const whole = width * (isVertical ? 1 / shape : shape); // how high it is where it has all of the width

      part.wide = false;
      part.height = (isVertical ? inside.scrollWidth > inside.clientWidth + 1 : inside.scrollHeight > inside.clientHeight + 1) || seen < Math.min(part.room * LEAST_PICTURE, whole - 1) ? part.room + 1 : part.room * 0.9;
    }
  };
  const set = (part, scale) => {
    part.scale = scale;
    part.inside.style.setProperty("--scale", scale);
  };
  // So is a word of the text, if type that the planner may choose is small enough to keep it whole.
  const hasLong = ({ inside }) => longest(inside) * rem > (isVertical ? inside.clientHeight : inside.clientWidth) * DOUBTFUL;
  const long = parts.filter(hasLong);
  for (const { section } of long) section.classList.add("whole-words");
  for (const { section, inside } of long) if (shareShown(inside) < 1) fits(section, shareShown(inside));
  for (const { section } of long) section.classList.remove("whole-words");
  for (const part of parts) part.most = roomiest.get(part.section) ?? Infinity;
  const isOver = (part) => part.height > part.room + 0.75 || part.wide || part.scale > part.most;
  for (const part of parts) measure(part);
  let waiting = parts.filter(isOver);
  for (const scale of SMALLER) {
    if (!waiting.length) break;
    for (const part of waiting) set(part, scale);
    for (const part of waiting) measure(part);
    waiting = waiting.filter(isOver);
  }
  for (const part of waiting) {
    part.section.dataset.overfull = "";
    set(part, 1);
  }
  let growing = parts.filter((part) => part.scale === 1 && part.height < part.room * SPARSE && GROWS.has(part.layout) && !("overfull" in part.section.dataset));
  for (const { section } of long) section.classList.add("whole-words"); // what would part a word is wide, and does not grow
  for (const scale of LARGER) {
    for (const part of growing) set(part, scale);
    for (const part of growing) measure(part);
    growing = growing.filter((part) => part.height > part.room * ROOMY || part.wide || part.scale > part.most);
  }
  for (const { section } of long) section.classList.remove("whole-words");
  for (const part of growing) set(part, 1);
  for (const part of growing) measure(part);
  for (const part of parts) {
    if (part.scale === 1) part.inside.style.removeProperty("--scale");
    if (!part.inside.getAttribute("style")) part.inside.removeAttribute("style");
    if (part.height < part.room * SPARSE && !/^(title|section|quote|statement|closing|picture)$/.test(part.layout)) part.section.dataset.sparse = "";
  }

  document.documentElement.removeAttribute("style");
  const placed = sections.map((section) => {
    const box = section.getBoundingClientRect();
    return [box.top + scrollY, box.height, "overfull" in section.dataset, "rest" in section.dataset];
  });
  const shell = document.documentElement;
  const head = shell.querySelector("head");
  const written = sections.map((section) => section.outerHTML);
  const whole = shell.outerHTML, inside = written.join("");
  const begin = whole.indexOf(inside);
  delete globalThis.pressrunFlow;
  return {
    before: `<!doctype html>\n${whole.slice(0, begin)}`,
    behind: `${whole.slice(begin + inside.length)}\n`,
    places: placed,
    fills: parts.map((part) => part.height / part.room),
    sections: written,
    shell: `${shell.cloneNode(false).outerHTML}${head.innerHTML}`,
  };
}
