// Takes back what `show` did, before the document is printed.
() => {
  document.body?.style.removeProperty("clip-path");
  const last = document.documentElement.lastElementChild;
  if (last?.localName === "pressrun-room") last.remove();
}
