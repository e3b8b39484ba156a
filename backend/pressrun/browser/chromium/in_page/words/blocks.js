// What is put on the slides: blocks of text, and what the author says to a slide.
const flush = () => {
  if (!block) return;
  const { context, parts } = block;
  block = null;
  let above = null; // what of the block stands on the slide before
  for (let from = 0; from < parts.length; ) {
    let to = from, text = "", box = null;
    const added = [];
    const { place } = parts[from];
    for (; to < parts.length && (parts[to].place === place || parts[to].place === null); to++) {
      text += parts[to].text;
      if (parts[to].added) added.push(parts[to].text.trim());
      if (parts[to].box) box = union(box, parts[to].box);
    }
    from = to;
    text = (context.pre ? text : text.replace(/ *\n */g, "\n").replace(/ {2,}/g, " ")).trim().toWellFormed();
    if (!text || place === null) continue;
    if (place < 0) {
      if (SAID.test(text)) not_shown.push({ text, why: WHY[place], section });
    } else {
      const { kind, level, lang, dir } = context;
      const continues = (above !== null && !above.endsWith("\n")) || (above === null && context.continues);
      above = text;
      const joined = continues && context.within;
      slides[place].blocks.push({ kind, level, text, added, continues, joined, lang, dir, box: boxOn(place, box, context.fixed) });
    }
  }
};

const stand = (place, context) => {
  if (place === null || place < 0 || context.fixed) return;
  standing = place;
  if (waiting.length) notes[place].push(...waiting.splice(0));
};

const BLOCKS = /^(P|LI|DT|DD|H[1-6]|DIV|TR|PRE|BLOCKQUOTE|UL|OL|TABLE|SECTION)$/;
const plainText = (node) => {
  if (node.nodeType === 3) return node.data.replace(/\s+/g, " ");
  if (node.nodeType !== 1 || SILENT.has(node.tagName)) return "";
  if (node.tagName === "BR") return "\n";
  if (node.tagName === "PRE") return `\n${node.textContent}\n`;
  const inside = [...node.childNodes].map(plainText).join("");
  return BLOCKS.test(node.tagName) ? `\n${inside}\n` : inside;
};

const addNotes = (element) => {
  const text = plainText(element).replace(/ *\n */g, "\n").replace(/\n{2,}/g, "\n").trim().toWellFormed();
  if (text) (standing === null ? waiting : notes[standing]).push(text);
};

const put = (text, place, box, context) => {
  stand(place, context);
  if (!block) block = { context, parts: [] };
  const written = context.pre ? text : text.replace(/[\t\n\r\f ]+/g, " ");
  const last = block.parts[block.parts.length - 1];
  if (last && last.place === place && !last.added && !context.added) {
    last.text += written;
    if (box) last.box = union(last.box, box);
  } else block.parts.push({ text: written, place, box, added: context.added });
};
