// Walks through the blocks of the document. Leaves it as one endless slide, which `compose_build` deals out.
const ATTRIBUTION = 90; // characters: who said it, and where
const WIDE_LIST = 10; // items: of fewer nobody minds that the right half of the slide is empty

const isInline = (node) =>
  node.nodeType === 3 || (node.nodeType === 1 && (node.tagName === "BR" || /^(inline|ruby|contents)/.test(getComputedStyle(node).display)));
const says = (nodes) => nodes.some((node) => (node.nodeType === 3 ? node.data.trim() : node.tagName !== "BR" && node.tagName !== "WBR"));

const addWhole = (element, kind, more = {}) => {
  const box = boxOf(element);
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
  const box = enter(table, "block", table.tHead ? boxOf(table.tHead).height : 0);
  let joined = 0; // rows that one above reaches into
  for (const row of body) {
    const rowBox = boxOf(row);
    opening ??= { element: row, before: joined > 0 ? "joined" : "row", top: rowBox.top, depth: stack.length };
    const first = row === body[0];
    const referring = first ? [...inHead, row] : [row];
    emit({ kind: "row", bottom: rowBox.bottom, characters: row.textContent.length, notes: referring.flatMap(notesIn) }, null, 0);
    closedBottom = rowBox.bottom;
    joined = Math.max(joined - 1, ...[...row.cells].map((cell) => cell.rowSpan - 1));
  }
  leave(box);
};

// A list that would fill a slide with items of a few words each stands in two columns, as one block.
const isWideList = (list) => {
  const items = [...list.children];
  if (columns > 1 || list.parentNode !== content || items.length < WIDE_LIST || items.some((item) => item.querySelector("p, ul, ol, pre, img, svg, table, blockquote, math"))) return false;
  const high = boxOf(list).height;
  if (high < room * 0.7 || high > room * 1.6) return false;
  const line = parseFloat(getComputedStyle(list).lineHeight) * 1.6;
  const most = boxOf(list).width * 0.38;
  return items.every((item) => {
    range.selectNodeContents(item);
    const box = boxOf(range);
    return box.height < line && box.width <= most;
  });
};

const pictureIn = (element) => {
  const pictures = [...element.querySelectorAll("img, svg")].filter((picture) => !picture.parentElement.closest("svg"));
  const words = element.tagName === "FIGURE" ? "" : element.textContent.trim();
  return pictures.length === 1 && !words ? pictures[0] : null;
};

// “— Leonardo da Vinci”, below what he said; several such lines, one below the other, are a dialogue.
const isAttribution = (element) => {
  const begins = (other) => /^[–—―]\s*\p{L}/u.test(other?.textContent.trim() ?? "");
  const { previousElementSibling: above, nextElementSibling: below } = element;
  return element.tagName === "P" && begins(element) && element.textContent.trim().length <= ATTRIBUTION && Boolean(above) && !begins(above) && !begins(below);
};

const addBlock = (element) => {
  const tag = element.tagName;
  const style = getComputedStyle(element);
  if (element.classList.contains("slide-break")) {
    pendingBreak = { ...element.dataset };
    if (pendingBreak.side) pendingBreak.narrow = String(Math.min(1, (width * (1 - pendingBreak.share) - pads(sectionStyle, "Left") - BESIDE * rem) / boxOf(content).width));
    return;
  }
  if (style.display === "none" || element === footnotes && notes.length) return;
  const heading = /^H([1-6])$/.exec(tag);
  if (heading) {
    headings[atoms.length] = element;
    if (boxOf(element).height <= room * 0.5) return addWhole(element, "heading", { level: Number(heading[1]) });
    const box = enter(element, "heading");
    addRun([...element.childNodes], element, "text", Number(heading[1]));
    return leave(box);
  }
  if (tag === "TABLE") return addTable(element);
  const picture = pictureIn(element);
  if (picture) {
    const box = boxOf(picture);
    return addWhole(element, "picture", { picture: [box.width, box.height, picture.naturalWidth ?? box.width, picture.naturalHeight ?? box.height], characters: element.textContent.trim().length });
  }
  if (tag === "HR" || style.display.includes("flex") || element.localName === "math" || tag === "IMG" || tag === "svg") return addWhole(element, "box");
  if ((tag === "UL" || tag === "OL") && isWideList(element)) {
    element.classList.add("two-columns");
    return addWhole(element, "box");
  }
  if (tag === "PRE" && isVertical) return addWhole(element, "box"); // it stays level, and is one piece
  if (tag === "PRE") {
    const box = enter(element, "block");
    addRun([...element.childNodes], element, "code");
    return leave(box);
  }
  const isInner = tag === "LI" && element.parentElement.parentElement?.tagName === "LI"; // a choice of a question
  const box = enter(element, isInner ? "inner item" : tag === "LI" || tag === "DT" ? "item" : tag === "DD" || isAttribution(element) ? "answer" : "block");
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

const composeMeasure = () => {
  walk(content);
  const end = exact((closedBottom ?? lastBottom) - origin);

  globalThis.pressrunFlow = { sheet, deck, section, content, bounds, headings, backdrops, notes, footnotes: notes.length ? footnotes : null, room, isVertical, turned };
  return {
    room, head: runningHeading === "none" ? 0 : head, end, column: boxOf(content).width, inner, columns,
    line: parseFloat(getComputedStyle(content).lineHeight), notes: notes.map((note) => note.height), atoms,
    elements: numbers.size,
  };
};
