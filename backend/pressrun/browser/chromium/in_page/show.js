// Brings one slice of the document to its place on the screen and hides what lies above and below it.
// Clipping the body leaves the page's background as it is: that belongs to the canvas.
({ top, bottom, scrollTo: target, clipped, roomBelow, zoom }) => {
  // Boxes are painted on whole device pixels: a clip between two of them would show a sliver of the next box.
  const snap = (y) => Math.round(y * zoom) / zoom;
  const body = document.body;
  let host = document.documentElement.lastElementChild;
  if (host?.localName !== "pressrun-room") {
    // Lets the last slice stand at the top of the screen too; adds nothing to any box of the document.
    host = document.createElement("pressrun-room");
    document.documentElement.append(host);
    for (const [property, value] of Object.entries({
      all: "initial", position: "absolute", left: "0", top: `${roomBelow}px`, width: "1px", height: "1px",
      visibility: "hidden", "pointer-events": "none",
    })) {
      host.style.setProperty(property, value, "important");
    }
  }
  if (clipped) {
    const bodyTop = body.getBoundingClientRect().top + scrollY;
    const bodyBottom = body.getBoundingClientRect().bottom + scrollY;
    const above = top <= 0 ? -1000000 : snap(top) - bodyTop;
    const inset = `inset(${above}px -1000000px ${bodyBottom - snap(bottom)}px -1000000px)`;
    body.style.setProperty("clip-path", inset, "important");
  } else {
    body.style.removeProperty("clip-path");
  }
  window.scrollTo({ left: 0, top: target, behavior: "instant" });
  return { x: window.scrollX, y: window.scrollY };
}
