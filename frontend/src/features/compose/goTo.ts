/** The cursor to that place of the text, in sight. */
export function goTo(text: HTMLTextAreaElement, place: number): void {
  text.focus({ preventScroll: true });
  text.setSelectionRange(place, place);
  text.scrollTop = Math.max(0, heightUpTo(text, place) - text.clientHeight / 3);
  text.scrollIntoView({ block: "nearest" });
}

/** A text area does not say where a character of it stands: the same text in a box as wide as it does. */
function heightUpTo(text: HTMLTextAreaElement, place: number): number {
  const { font, letterSpacing, padding, tabSize } = getComputedStyle(text);
  const box = document.createElement("div");
  Object.assign(box.style, { font, letterSpacing, padding, tabSize });
  Object.assign(box.style, {
    position: "absolute",
    visibility: "hidden",
    boxSizing: "border-box",
    width: `${text.clientWidth}px`,
    whiteSpace: "pre-wrap",
    overflowWrap: "break-word",
  });
  box.textContent = text.value.slice(0, place);
  document.body.append(box);
  const height = box.offsetHeight;
  box.remove();
  return height;
}
