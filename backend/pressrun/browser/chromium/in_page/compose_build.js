// Deals the document that `compose_measure` turned into one endless slide out to slides, as they were planned: `slides`
// say with which atom each begins and ends, its layout, and the heading that goes on there. Chooses the size of type, and
// answers with the HTML of the deck and where its slides stand, CSS px.
({ slides, smallest, largest }) => {
  const SMALLER = [0.96, 0.92, 0.88, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5].filter((scale) => scale >= smallest);
  const LARGER = [1.15, 1.08].filter((scale) => scale <= largest);
  const SPARSE = 0.55; // of the room: what is less full is shown larger, and stands at the optical centre
  const ROOMY = 0.8; // of the room, at most, for what is shown larger
  const LEAST_PICTURE = 0.3; // of the room
  const ADDED = "data-pressrun-added"; // nobody sent it: see painted_words.js
  const DENSE = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u; // as in painted_words.js
  const CONTINUES = new Set("LI DD BLOCKQUOTE DIV SECTION DETAILS ASIDE".split(" ")); // what has a mark or a border where it begins
  const PARTED = new Set(["sentence", "clause", "word"]);
  const GROWS = new Set(["text", "columns", "quote", "statement", "title", "section", "closing", "table", "questions"]);
  const { sheet, deck, section: flow, content, bounds, headings, notes, footnotes } = globalThis.pressrunFlow;
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

  const runningOf = ({ running, part, title }) => {
    const header = document.createElement("header");
    header.className = "heading running";
    header.setAttribute(ADDED, "");
    let heading;
    if (running === null) {
      heading = document.createElement("h2");
      heading.textContent = title;
    } else {
      heading = headings[running].cloneNode(true);
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

  const sections = slides.map((slide) => {
    const section = document.createElement("section");
    section.className = "slide";
    section.dataset.layout = slide.layout;
    if (slide.rest) section.dataset.rest = "";
    const inside = document.createElement("div");
    inside.className = "document";
    inside.append(pieceOf(slide));
    const first = inside.firstElementChild;
    const keepsHeading = slide.layout === "title" || slide.layout === "section";
    if (slide.running !== null || slide.title) section.append(runningOf(slide));
    else if (!keepsHeading && first && /^H[1-6]$/.test(first.tagName) && !first.classList.contains("parted") && inside.children.length > 1) {
      const header = document.createElement("header");
      header.className = "heading";
      header.append(first);
      section.append(header);
    }
    if (slide.layout === "beside") putBeside(inside);
    if (slide.columns > 1) inside.style.setProperty("--columns", slide.columns);
    section.append(inside);
    addNotes(section);
    return section;
  });
  flow.remove();
  deck.append(...sections);

  // Sizes of type: one step after the other, for all slides at once, so that the page is laid out some ten times at most.
  const parts = sections.filter(({ dataset }) => !("rest" in dataset)).map((section) => {
    const inside = section.querySelector(":scope > .document");
    const style = getComputedStyle(section);
    return { section, inside, layout: section.dataset.layout, pad: parseFloat(style.paddingTop) + parseFloat(style.paddingBottom), scale: 1 };
  });
  const measure = (part) => {
    const { section, inside } = part;
    let room = section.clientHeight - part.pad;
    for (const child of section.children) {
      if (child === inside) continue;
      const style = getComputedStyle(child);
      if (style.display === "none") continue;
      room -= child.getBoundingClientRect().height + parseFloat(style.marginBottom) + (child.classList.contains("footnotes") ? 8 : 0);
    }
    part.room = Math.max(1, room);
    part.height = inside.getBoundingClientRect().height;
    part.wide = inside.scrollWidth > inside.clientWidth + 1;
    if (part.layout === "picture") {
      // it fills the room, whatever there is; what counts is what it leaves for the picture
      const picture = inside.querySelector("img, svg");
      const seen = picture?.getBoundingClientRect().height ?? 0;
      part.wide = false;
      part.height = inside.scrollHeight > inside.clientHeight + 1 || seen < part.room * LEAST_PICTURE ? part.room + 1 : part.room * 0.9;
    }
  };
  const set = (part, scale) => {
    part.scale = scale;
    part.inside.style.setProperty("--scale", scale);
  };
  const isOver = (part) => part.height > part.room + 0.75 || part.wide;
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
  for (const scale of LARGER) {
    for (const part of growing) set(part, scale);
    for (const part of growing) measure(part);
    growing = growing.filter((part) => part.height > part.room * ROOMY || part.wide);
  }
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
  delete globalThis.pressrunFlow;
  return {
    html: `<!doctype html>\n${shell.outerHTML}\n`,
    places: placed,
    scales: parts.map((part) => part.scale),
    fills: parts.map((part) => part.height / part.room),
    sections: sections.map((section) => section.outerHTML),
    shell: `${shell.cloneNode(false).outerHTML}${head.innerHTML}`,
  };
}
