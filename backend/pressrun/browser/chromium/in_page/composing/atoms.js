// Atoms as they are told, and what an atom stands in; footnotes, which stand on the slide that calls them.
const LARGEST_NOTE = 0.4; // of a slide; longer footnotes stay where they are, at the end
const atoms = [], bounds = [], headings = [];
const stack = [];
const range = document.createRange();
let opening = null, closedBottom = null, lastBottom = 0, pendingBreak = null, block = -1, top = null;

const noteOf = new Map(); // of a reference's address, its number
const notes = [];
const footnotes = content.querySelector(":scope > section.footnotes");
if (footnotes) {
  const items = [...footnotes.querySelectorAll(":scope > ol > li")];
  const heights = items.map((item) => boxOf(item).height);
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
  let outermost = node;
  while (outermost.parentNode !== content) outermost = outermost.parentNode;
  const inside = stack.map(({ element }) => element.tagName.toLowerCase());
  atoms.push({
    kind: atom.kind, before, level: atom.level ?? 0, start: exact(start - origin), endBefore: exact(end - origin), soft: Boolean(atom.soft),
    characters: atom.characters ?? 0, lead: Boolean(atom.lead), keeps: Boolean(atom.keeps), notes: atom.notes ?? [], block, top, author: pendingBreak,
    picture: atom.picture ?? null, wide: atom.wide ?? 0, quoted: inside.includes("blockquote"),
    element: numbers.get(outermost) ?? null, heading: atom.kind === "heading" ? headings[atoms.length].outerHTML : null,
  });
  bounds.push({ node, offset });
  opening = closedBottom = pendingBreak = null;
  lastBottom = atom.bottom;
};

const enter = (element, before, repeated = 0) => {
  const style = getComputedStyle(element);
  const box = boxOf(element);
  opening ??= { element, before, top: box.top, depth: stack.length };
  stack.push({ element, top: pads(style, "Top"), bottom: pads(style, "Bottom"), repeated, emitted: false });
  return box;
};
const leave = (box) => {
  stack.pop();
  if (!opening) closedBottom = box.bottom;
};
