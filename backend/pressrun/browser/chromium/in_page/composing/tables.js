// Cells whose words would be parted: their table has smaller type, down to that of a table of many columns, if that keeps
// them whole. Else it stays as it is, and parts them.
const SMALLER_TABLES = [1, 0.9, 0.82, 0.75, 0.69]; // of a table's own size
const LEAST_TABLE = 0.62; // rem: of a table of nine columns, as in base.css

const keepWordsOfTables = () => {
  const roomIn = (element) => {
    const style = getComputedStyle(element);
    return (isVertical ? element.clientHeight : element.clientWidth) - parseFloat(style[`padding${sideOf("Left")}`]) - parseFloat(style[`padding${sideOf("Right")}`]);
  };
  let waiting = [...content.querySelectorAll("table")].map((table) => (
    { table, room: roomIn(table.parentElement), size: parseFloat(getComputedStyle(table).fontSize) / rem, own: table.getAttribute("style") }));
  for (const { table } of waiting) table.classList.add("whole-words");
  for (const share of SMALLER_TABLES) {
    if (share < 1) for (const { table, size } of waiting) table.style.fontSize = `${Math.max(LEAST_TABLE, size * share)}rem`;
    const isWide = waiting.map(({ table, room }) => boxOf(table).width > room + 0.5);
    waiting = waiting.filter((_, at) => isWide[at]);
    if (!waiting.length) return;
  }
  for (const { table, own } of waiting) {
    table.classList.remove("whole-words");
    if (own === null) table.removeAttribute("style");
    else table.setAttribute("style", own);
  }
};
keepWordsOfTables();
