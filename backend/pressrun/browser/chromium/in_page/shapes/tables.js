// A table of rows and cells, whose cells hold paragraphs; null if it is laid out otherwise.
const addTable = (element, style, context) => {
  const rows = [...element.rows].filter((row) => row.getClientRects().length);
  const cells = [];
  const xs = [], ys = [];
  const note = (list, value) => {
    const near = list.find((each) => Math.abs(each - value) < 1.5);
    if (near === undefined) list.push(value);
  };
  const boxes = rows.map((row) => boxOf(row.getBoundingClientRect(), context));
  for (const [at, row] of rows.entries()) {
    note(ys, boxes[at].top);
    note(ys, boxes[at].bottom);
    for (const cell of row.cells) {
      const box = boxOf(cell.getBoundingClientRect(), context);
      note(xs, box.left);
      note(xs, box.right);
      cells.push({ cell, box, row });
    }
  }
  if (!cells.length) return;
  xs.sort((one, other) => one - other);
  ys.sort((one, other) => one - other);
  const indexOf = (list, value) => list.reduce((best, each, at) => (Math.abs(each - value) < Math.abs(list[best] - value) ? at : best), 0);
  const groundOf = (each) => {
    for (let node = each; node && node !== element.parentElement; node = node.parentElement) {
      const paint = paintOf(getComputedStyle(node).backgroundColor, context.opacity);
      if (paint.alpha > FAINT) return paint;
    }
    return null;
  };
  const held = cells.map(({ cell, box, row }) => {
    const own = getComputedStyle(cell), rowStyle = getComputedStyle(row);
    const paragraphs = [];
    const inside = { ...contextOf(cell, own, context), cell: paragraphs, block: cell, list: null, level: 0, kind: "cell" };
    flush();
    walkChildren(cell, own, inside);
    flush();
    const lines = sidesOf(own, context.opacity), rowLines = sidesOf(rowStyle, context.opacity);
    return {
      box, paragraphs, ground: groundOf(cell), sides: lines.map((side, at) => side ?? (at % 2 ? null : rowLines[at])),
      x: indexOf(xs, box.left), right: indexOf(xs, box.right), y: indexOf(ys, box.top), bottom: indexOf(ys, box.bottom),
    };
  });
  slices.forEach((slice, at) => {
    const isShown = (from, to) => {
      const seen = Math.min(to, slice.bottom) - Math.max(from, slice.top);
      return context.fixed || seen > LEGIBLE * (to - from);
    };
    const first = ys.slice(0, -1).findIndex((y, number) => isShown(y, ys[number + 1]));
    const last = ys.slice(0, -1).findLastIndex((y, number) => isShown(y, ys[number + 1]));
    if (first < 0) return;
    const [x, y] = context.fixed ? [0, 0] : [slice.inset - slice.left, slice.offset - slice.top];
    const box = { left: xs[0], right: xs[xs.length - 1], top: ys[first], bottom: ys[last + 1] };
    if (!context.fixed && !isSeen(meet(box, slice))) return;
    put(at, {
      type: "table", box: on(box, x, y), rtl: style.direction === "rtl", head: Boolean(element.tHead) && first === 0,
      columns: xs.slice(1).map((right, number) => round(right - xs[number])),
      rows: ys.slice(first + 1, last + 2).map((bottom, number) => round(bottom - ys[first + number])),
      cells: held.filter((cell) => cell.bottom > first && cell.y <= last).map((cell) => ({
        x: cell.x, y: Math.max(0, cell.y - first), across: Math.max(1, cell.right - cell.x),
        down: Math.max(1, Math.min(last + 1, cell.bottom) - Math.max(first, cell.y)),
        box: on(cell.box, x, y), ground: cell.ground, sides: cell.sides,
        paragraphs: cell.paragraphs.map((paragraph) => ({
          ...paragraph, left: round(paragraph.left + x), right: round(paragraph.right + x),
          lines: paragraph.lines.map((line) => ({
            ...line, left: round(line.left + x), right: round(line.right + x), top: round(line.top + y), base: onPixel(line.base, y),
          })),
        })),
      })),
    });
  });
};
