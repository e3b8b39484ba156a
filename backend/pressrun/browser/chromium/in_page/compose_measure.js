// What a document made from text consists of, for the planner of slides (slides/composition): its atoms in order, the
// smallest parts that a slide may begin with, and how high they stand in a column of a slide's width. Turns the document
// into one endless slide, which `compose_build` deals out; null if it is none of ours. Lengths are CSS px.
({ css, width, height }) => {
  const MEASURED_CHARACTERS = 20_000; // of a paragraph; in a longer one places are reckoned, not measured
  const LEAST_LINES = 3; // a paragraph or a listing of less is never parted
  const LARGEST_NOTE = 0.4; // of a slide; longer footnotes stay where they are, at the end
  const LONGEST = 38, GAP = 2.4; // rem: a line of some 75 letters, as in deck.css; what is between two columns
  const OVERSIZE = 0.9; // of a slide: a sentence, a heading that is longer has to be parted
  const ABBREVIATED = /(?:^|[\s(\[„“"'])(?:\p{L}|\d{1,4}|Dr|Mr|Mrs|Ms|Prof|St|Sr|Sra|Jr|No|Nr|Nos|vs|etc|bzw|ca|cf|Fig|Abb|Art|Mme|Vol|vol|pp|approx|e\.g|i\.e|z\.B|u\.a|d\.h|т\.е|т\.д)\.\s*$/u;
  const CLAUSE = /[,;:،؛、，；：·—–]\s*$/u;
  const SPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Tibetan}།]\s+$/u; // scripts where a space ends what a dot ends elsewhere
  const main = document.querySelector("body > main.document");
  if (!main) return null;

  const sheet = document.createElement("style");
  sheet.textContent = `${css}\n.deck { --slide-width: ${width}px; --slide-height: ${height}px; }`;
  document.head.append(sheet);
  const deck = document.createElement("main");
  deck.className = "deck";
  const section = document.createElement("section");
  section.className = "slide measured";
  const content = document.createElement("div");
  content.className = "document";
  content.append(...main.childNodes);
  section.append(content);
  deck.append(section);
  main.replaceWith(deck);

  const sectionStyle = getComputedStyle(section);
  const pads = (style, side) => parseFloat(style[`padding${side}`]) + parseFloat(style[`border${side}Width`]);
  const room = height - pads(sectionStyle, "Top") - pads(sectionStyle, "Bottom");
  const running = document.createElement("header");
  running.className = "heading running";
  running.innerHTML = "<h2>Ag</h2>";
  section.prepend(running);
  const head = content.getBoundingClientRect().top - running.getBoundingClientRect().top;
  running.remove();
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const inner = width - pads(sectionStyle, "Left") - pads(sectionStyle, "Right");
  const isBroad = width > height && inner > LONGEST * rem * 1.35;
  const columns = isBroad ? Math.ceil(inner / ((LONGEST + GAP) * rem)) : 1;
  if (columns > 1) content.style.maxWidth = `${(inner - GAP * rem * (columns - 1)) / columns}px`;
  const origin = content.getBoundingClientRect().top;

  const atoms = [], bounds = [], headings = [];
  const stack = [];
  const range = document.createRange();
  let opening = null, closedBottom = null, lastBottom = 0, pendingBreak = null, block = -1, top = null;

  const noteOf = new Map(); // of a reference's address, its number
  const notes = [];
  const footnotes = content.querySelector(":scope > section.footnotes");
  if (footnotes) {
    const items = [...footnotes.querySelectorAll(":scope > ol > li")];
    const heights = items.map((item) => item.getBoundingClientRect().height);
    if (items.length && items.every((item) => item.id) && Math.max(...heights) <= room * LARGEST_NOTE) {
      items.forEach((item, at) => {
        noteOf.set(`#${item.id}`, at);
        notes.push({ element: item, height: heights[at] + 4 });
      });
    }
  }
  const notesIn = (element) =>
    noteOf.size ? [...element.querySelectorAll(".footnote-ref a")].map((link) => noteOf.get(link.getAttribute("href"))).filter((at) => at !== undefined) : [];

  // What begins at this place of the document: in front of `node`, or in it at `offset`. `bottom` is where it ends,
  // `endBefore` where that before it does.
  const emit = (atom, node, offset, endBefore = null) => {
    let { top: at, before } = atom;
    let depth = stack.length;
    if (opening) {
      ({ top: at, before, depth } = opening);
      [node, offset] = [opening.element, null];
    }
    let start = at, end = endBefore ?? closedBottom ?? lastBottom;
    for (const open of stack.slice(0, depth)) {
      if (!open.emitted) continue;
      start -= open.top + open.repeated;
      end += open.bottom;
    }
    for (const open of stack) open.emitted = true;
    const inside = stack.map(({ element }) => element.tagName.toLowerCase());
    atoms.push({
      kind: atom.kind, before, level: atom.level ?? 0, start: start - origin, endBefore: end - origin, soft: Boolean(atom.soft),
      characters: atom.characters ?? 0, lead: Boolean(atom.lead), notes: atom.notes ?? [], block, top, author: pendingBreak,
      picture: atom.picture ?? null, wide: atom.wide ?? 0, quoted: inside.includes("blockquote"),
    });
    bounds.push({ node, offset });
    opening = closedBottom = pendingBreak = null;
    lastBottom = atom.bottom;
  };

  const enter = (element, before, repeated = 0) => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    opening ??= { element, before, top: box.top, depth: stack.length };
    stack.push({ element, top: pads(style, "Top"), bottom: pads(style, "Bottom"), repeated, emitted: false });
    return box;
  };
  const leave = (box) => {
    stack.pop();
    if (!opening) closedBottom = box.bottom;
  };

  const sentencesOf = (text, lang) => {
    const starts = [];
    let segmenter;
    try {
      segmenter = new Intl.Segmenter(lang || undefined, { granularity: "sentence" });
    } catch {
      segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });
    }
    for (const { index } of segmenter.segment(text)) {
      if (index && !ABBREVIATED.test(text.slice(Math.max(0, index - 16), index))) starts.push(index);
    }
    return starts;
  };

  // Where a passage without an end of a sentence may be parted, better places first: about one in each line.
  const partsOf = (text, from, to, lineLength) => {
    const parts = [];
    for (let at = from + lineLength; at < to - lineLength / 2; ) {
      const least = at - Math.floor(lineLength * 0.4);
      let found = null;
      for (let place = at; place > least && !found; place--) if (CLAUSE.test(text.slice(place - 3, place))) found = [place, "clause"];
      for (let place = at; place > least && !found; place--) if (/\s/.test(text[place - 1])) found = [place, "word"];
      for (let place = at; place > least && !found; place--) {
        if (!/[\p{M}\u200d\ufe0f\udc00-\udfff]/u.test(text[place])) found = [place, "word"];
      }
      found ??= [at, "word"];
      parts.push(found);
      at = found[0] + lineLength;
    }
    return parts;
  };

  // Lines of text that belong together: a paragraph, what an item says, a listing. Parted at the ends of its sentences.
  const addRun = (nodes, holder, kind, level = 0) => {
    range.setStartBefore(nodes[0]);
    range.setEndAfter(nodes[nodes.length - 1]);
    const rects = [...range.getClientRects()].filter((rect) => rect.width > 0 && rect.height > 0);
    if (!rects.length) return;
    const style = getComputedStyle(holder);
    const line = parseFloat(style.lineHeight) || parseFloat(style.fontSize) * 1.3;
    const first = rects.reduce((best, rect) => (rect.top < best.top ? rect : best));
    const last = rects.reduce((best, rect) => (rect.bottom > best.bottom + 1 ? rect : best));
    const runTop = Math.min(first.top, first.top + (first.height - line) / 2);
    const runBottom = Math.max(last.bottom, last.bottom - (last.height - line) / 2);
    const lines = Math.max(1, Math.round((runBottom - runTop) / line));
    const box = holder.getBoundingClientRect();
    const rtl = holder.matches(":dir(rtl)");

    const pieces = [], froms = [];
    let text = "";
    for (const node of nodes) {
      const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let at = node; at; at = walker.nextNode()) {
        if (at.nodeType !== 3 && at.tagName !== "BR") continue;
        pieces.push(at);
        froms.push(text.length);
        text += at.nodeType === 3 ? (kind === "code" ? at.data : at.data.replace(/[\n\r\t]/g, " ")) : "\n";
      }
    }
    const placeOf = (index) => {
      let low = 0, high = pieces.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (froms[middle] <= index) low = middle;
        else high = middle - 1;
      }
      const node = pieces[low];
      if (node.nodeType === 3) return [node, index - froms[low]];
      return [node, null];
    };
    const reckoned = text.length > MEASURED_CHARACTERS;
    const lineOf = (index) => {
      if (reckoned) return (lines * index) / text.length;
      const [node, offset] = placeOf(index);
      if (node.nodeType !== 3) return (lines * index) / text.length;
      range.setStart(node, offset);
      range.setEnd(node, Math.min(node.data.length, offset + 1));
      const rect = range.getClientRects()[0];
      if (!rect) return (lines * index) / text.length;
      const row = Math.max(0, Math.round((rect.top + rect.height / 2 - runTop) / line - 0.5));
      const share = (rtl ? box.right - rect.right : rect.left - box.left) / Math.max(1, box.width);
      return row + Math.min(0.99, Math.max(0, share));
    };

    const references = noteOf.size ? nodes.flatMap((node) => (node.nodeType === 1 ? [...(node.matches(".footnote-ref") ? [node] : []), ...node.querySelectorAll(".footnote-ref")] : [])) : [];
    const called = references.map((reference) => {
      const inside = pieces.findIndex((piece) => reference.contains(piece));
      return [inside < 0 ? 0 : froms[inside], noteOf.get(reference.querySelector("a")?.getAttribute("href"))];
    }).filter(([, note]) => note !== undefined);

    // [index, kind of break] of each part but the first
    let cuts = [];
    const lineLength = Math.max(1, Math.floor(text.length / lines));
    const most = Math.max(2, Math.floor((room * OVERSIZE - head) / line));
    if (kind === "code") {
      if (lines > LEAST_LINES) {
        for (let at = text.indexOf("\n") + 1; at > 0 && at < text.length; at = text.indexOf("\n", at) + 1) {
          if (text[at] === "\n") continue; // the blank line itself stays with what is above
          cuts.push([at, text[at - 2] === "\n" ? "blank" : "line"]);
        }
      }
    } else if (lines > LEAST_LINES || (lines > 1 && line * lines > room * 0.5)) {
      const broken = [];
      for (let at = text.indexOf("\n") + 1; at > 0 && at < text.length; at = text.indexOf("\n", at) + 1) broken.push([at, "line"]);
      const flat = text.replace(/\n/g, " ");
      const ends = sentencesOf(flat, holder.closest("[lang]")?.lang).map((at) => [at, "sentence"]);
      if (SPACED.test(`${flat} `) || /\p{Script=Thai}|\p{Script=Lao}|\p{Script=Tibetan}/u.test(flat)) {
        for (const { index } of flat.matchAll(/(?<=[\p{Script=Thai}\p{Script=Lao}\p{Script=Tibetan}])\s+(?=\S)/gu)) {
          ends.push([index + 1, "sentence"]);
        }
      }
      const byPlace = new Map([...ends, ...broken]);
      cuts = [...byPlace].sort(([one], [other]) => one - other);
    }
    // what is longer than a slide has to be parted within
    const marks = [0, ...cuts.map(([at]) => at), text.length];
    for (let at = 0; at + 1 < marks.length; at++) {
      if ((marks[at + 1] - marks[at]) / lineLength > most) cuts.push(...partsOf(text, marks[at], marks[at + 1], lineLength));
    }
    cuts.sort(([one], [other]) => one - other);

    const wholeLines = reckoned ? lines : lines - 1 + (rtl ? box.right - last.left : last.right - box.left) / Math.max(1, box.width);
    const soft = kind !== "code" && lines > 1;
    const lead = /[:：]\s*$/.test(text);
    const notesOf = (from, to) => called.filter(([at]) => at >= from && at < to).map(([, note]) => note);
    const until = (at) => (at < cuts.length ? cuts[at][0] : text.length);
    const widest = rects.reduce((most, rect) => Math.max(most, rect.right - rect.left), 0);
    const shared = { kind, level, soft, wide: lines === 1 ? widest : box.width };
    emit(
      { ...shared, before: "block", top: runTop, bottom: runBottom, characters: until(0), lead: lead && !cuts.length, notes: notesOf(0, until(0)) },
      nodes[0], null,
    );
    cuts.forEach(([index, before], number) => {
      const at = lineOf(index);
      const end = until(number + 1);
      const startsAt = runBottom - Math.max(1, Math.ceil(wholeLines - at - 0.06)) * line;
      const endsAt = runTop + Math.max(1, Math.ceil(at - 0.03)) * line;
      emit(
        { ...shared, before, top: startsAt, bottom: runBottom, characters: end - index, lead: lead && number === cuts.length - 1, notes: notesOf(index, end) },
        ...placeOf(index), endsAt,
      );
    });
  };

  const isInline = (node) =>
    node.nodeType === 3 || (node.nodeType === 1 && (node.tagName === "BR" || /^(inline|ruby|contents)/.test(getComputedStyle(node).display)));
  const says = (nodes) => nodes.some((node) => (node.nodeType === 3 ? node.data.trim() : node.tagName !== "BR" && node.tagName !== "WBR"));

  const addWhole = (element, kind, more = {}) => {
    const box = element.getBoundingClientRect();
    if (box.height <= 0 && kind !== "picture") return;
    opening ??= { element, before: kind === "heading" ? "heading" : kind === "row" ? "row" : "block", top: box.top, depth: stack.length };
    emit({ kind, bottom: box.bottom, characters: element.textContent.length, notes: notesIn(element), wide: box.width, ...more }, null, 0);
    closedBottom = box.bottom;
  };

  const addTable = (table) => {
    const rows = [...table.rows];
    const inHead = rows.filter((row) => row.parentNode.tagName === "THEAD");
    const body = rows.filter((row) => row.parentNode.tagName !== "THEAD");
    if (!body.length) return addWhole(table, "row");
    const box = enter(table, "block", table.tHead ? table.tHead.getBoundingClientRect().height : 0);
    let joined = 0; // rows that one above reaches into
    for (const row of body) {
      const rowBox = row.getBoundingClientRect();
      opening ??= { element: row, before: joined > 0 ? "joined" : "row", top: rowBox.top, depth: stack.length };
      const first = row === body[0];
      const referring = first ? [...inHead, row] : [row];
      emit({ kind: "row", bottom: rowBox.bottom, characters: row.textContent.length, notes: referring.flatMap(notesIn) }, null, 0);
      closedBottom = rowBox.bottom;
      joined = Math.max(joined - 1, ...[...row.cells].map((cell) => cell.rowSpan - 1));
    }
    leave(box);
  };

  const pictureIn = (element) => {
    const pictures = element.querySelectorAll("img, svg");
    const words = element.tagName === "FIGURE" ? "" : element.textContent.trim();
    return pictures.length === 1 && !words ? pictures[0] : null;
  };

  const addBlock = (element) => {
    const tag = element.tagName;
    const style = getComputedStyle(element);
    if (element.classList.contains("slide-break")) {
      pendingBreak = { ...element.dataset };
      return;
    }
    if (style.display === "none" || element === footnotes && notes.length) return;
    const heading = /^H([1-6])$/.exec(tag);
    if (heading) {
      headings[atoms.length] = element;
      if (element.getBoundingClientRect().height <= room * 0.5) return addWhole(element, "heading", { level: Number(heading[1]) });
      const box = enter(element, "heading");
      addRun([...element.childNodes], element, "text", Number(heading[1]));
      return leave(box);
    }
    if (tag === "TABLE") return addTable(element);
    const picture = pictureIn(element);
    if (picture) {
      const box = picture.getBoundingClientRect();
      return addWhole(element, "picture", { picture: [box.width, box.height, picture.naturalWidth ?? box.width, picture.naturalHeight ?? box.height], characters: element.textContent.trim().length });
    }
    if (tag === "HR" || style.display.includes("flex") || element.localName === "math" || tag === "IMG" || tag === "svg") return addWhole(element, "box");
    if (tag === "PRE") {
      const box = enter(element, "block");
      addRun([...element.childNodes], element, "code");
      return leave(box);
    }
    const box = enter(element, tag === "LI" || tag === "DT" ? "item" : tag === "DD" ? "answer" : "block");
    walk(element);
    leave(box);
  };

  const walk = (element) => {
    let run = [];
    const flush = () => {
      const nodes = run;
      run = [];
      if (says(nodes)) addRun(nodes, element, "text");
    };
    for (const child of [...element.childNodes]) {
      if (element === content && child.nodeType === 1) {
        block++;
        top = child.tagName.toLowerCase();
        if (child.classList.contains("markdown-alert")) top = "alert";
        if (child.classList.contains("footnotes")) top = "footnotes";
      }
      if (child.nodeType !== 1 && child.nodeType !== 3) continue;
      if (isInline(child)) run.push(child);
      else {
        flush();
        addBlock(child);
      }
    }
    flush();
  };
  walk(content);
  const end = (closedBottom ?? lastBottom) - origin;

  globalThis.pressrunFlow = { sheet, deck, section, content, bounds, headings, notes, footnotes: notes.length ? footnotes : null, room };
  return {
    room, head, end, column: content.getBoundingClientRect().width, inner, columns,
    line: parseFloat(getComputedStyle(content).lineHeight), notes: notes.map((note) => note.height), atoms,
  };
}
