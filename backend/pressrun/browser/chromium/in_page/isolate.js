// Leaves on the page only what shapes/ has marked: elements with all in them, the boxes of elements without their
// text, pseudo-elements. All else keeps its place and is not painted. With `ground` it is the canvas alone that is left.
// Changes the document for good.
({ ground }) => {
  const marked = "[pressrun-piece-all], [pressrun-piece-own]";
  const rules = [
    `:not(${ground ? "html, body" : `${marked}, [pressrun-piece-all] *`}) { visibility: hidden !important; }`,
    ground ? "" : `:is(${marked}) { visibility: visible !important; }`,
    "[pressrun-piece-own] { color: transparent !important; -webkit-text-fill-color: transparent !important; text-shadow: none !important; }",
    ground ? "" : "[pressrun-piece-pseudo]::before, [pressrun-piece-pseudo]::after { visibility: visible !important; }",
    ground ? "body { color: transparent !important; }" : "html, body { background: transparent !important; }",
  ];
  const sheet = document.createElement("style");
  sheet.textContent = rules.join("\n");
  for (const old of document.querySelectorAll("style[pressrun-isolated]")) old.remove();
  sheet.setAttribute("pressrun-isolated", "");
  document.documentElement.append(sheet);
}
