// Lines of text that belong together, and where they may be parted.
const MEASURED_CHARACTERS = 20_000; // of a paragraph; in a longer one places are reckoned, not measured
const RECKONED_LINES = 2; // of such a paragraph a place stands in every second line: half the work
const LEAST_LINES = 3; // a paragraph or a listing of less is never parted
const OVERSIZE = 0.9; // of a slide: a sentence, a heading that is longer has to be parted
const ABBREVIATED = /(?:^|[\s(\[„“"'])(?:\p{L}|\d{1,4}|Dr|Mr|Mrs|Ms|Prof|St|Sr|Sra|Jr|No|Nr|Nos|vs|etc|bzw|ca|cf|Fig|Abb|Art|Mme|Vol|vol|pp|approx|e\.g|i\.e|z\.B|u\.a|d\.h|т\.е|т\.д)\.\s*$/u;
const CLAUSE = /[,;:،؛、，；：·—–]\s*$/u;
const SPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Tibetan}།]\s+$/u; // scripts where a space ends what a dot ends elsewhere

const segmenters = new Map(); // by language: each takes as long to make as to use
const segmenterOf = (lang) => {
  try {
    return new Intl.Segmenter(lang || undefined, { granularity: "sentence" });
  } catch {
    return new Intl.Segmenter(undefined, { granularity: "sentence" });
  }
};
const sentencesOf = (text, lang) => {
  const starts = [];
  if (!segmenters.has(lang)) segmenters.set(lang, segmenterOf(lang));
  for (const { index } of segmenters.get(lang).segment(text)) {
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
  const rects = [...range.getClientRects()].map(turned).filter((rect) => rect.width > 0 && rect.height > 0);
  if (!rects.length) return;
  const style = getComputedStyle(holder);
  const line = parseFloat(style.lineHeight) || parseFloat(style.fontSize) * 1.3;
  const first = rects.reduce((best, rect) => (rect.top < best.top ? rect : best));
  const last = rects.reduce((best, rect) => (rect.bottom > best.bottom + 1 ? rect : best));
  const runTop = Math.min(first.top, first.top + (first.height - line) / 2);
  const runBottom = Math.max(last.bottom, last.bottom - (last.height - line) / 2);
  const lines = Math.max(1, Math.round((runBottom - runTop) / line));
  const box = boxOf(holder);
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
    const rect = range.getClientRects()[0] && turned(range.getClientRects()[0]);
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
    if ((marks[at + 1] - marks[at]) / lineLength > most) cuts.push(...partsOf(text, marks[at], marks[at + 1], reckoned ? lineLength * RECKONED_LINES : lineLength));
  }
  cuts.sort(([one], [other]) => one - other);

  const wholeLines = reckoned ? lines : lines - 1 + (rtl ? box.right - last.left : last.right - box.left) / Math.max(1, box.width);
  const soft = kind !== "code" && lines > 1;
  const said = holder.tagName === "P" ? holder : nodes.at(-1); // of an item it is its own text
  let next = said.nextSibling;
  while (next && next.nodeType !== 1) next = next.nextSibling;
  const list = /^(P|LI)$/.test(holder.tagName) && /^([OU]L|DL|TABLE)$/.test(next?.tagName);
  const lead = /[:：]\s*$/.test(text) || (list && (lines === 1 || holder.tagName === "LI")); // the line that says what a list is of
  const notesOf = (from, to) => called.filter(([at]) => at >= from && at < to).map(([, note]) => note);
  const until = (at) => (at < cuts.length ? cuts[at][0] : text.length);
  const widest = rects.reduce((most, rect) => Math.max(most, rect.right - rect.left), 0);
  const keeps = holder.matches(".markdown-alert-title");
  const shared = { kind, level, soft, keeps, wide: lines === 1 ? widest : box.width };
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
