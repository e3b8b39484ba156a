// Brings one slice of the document to its place on the screen and hides what lies around it.
// Clipping the body leaves the page's background as it is: that belongs to the canvas. Lengths of a clip are those of
// the body, whose own zoom (CSS) counts; it has no transform any more (opening/open.js).
({ top, bottom, left = 0, right = null, scrollTo: target, scrollLeft = 0, clipped, layered = false, roomBelow, roomBeside = 0, zoom }) => {
  // Boxes are painted on whole device pixels: a clip between two of them would show a sliver of the next box.
  const snap = (y) => Math.round(y * zoom) / zoom;
  const FAR = 1_000_000; // CSS px: beyond every document
  const body = document.body;
  if (document.documentElement.lastElementChild?.localName !== "pressrun-room") {
    // Lets the last slice on either side and the last one below stand at the corner of the screen too; adds nothing to any
    // box of the document. Two of them: where the page cannot be scrolled to the left, what stands there gives no room.
    const zoomed = document.documentElement.currentCSSZoom || 1;
    for (const [beside, below] of [[roomBeside, 0], [0, roomBelow]]) {
      const room = document.createElement("pressrun-room");
      document.documentElement.append(room);
      for (const [property, value] of Object.entries({
        all: "initial", position: "absolute", left: `${beside / zoomed}px`, top: `${below / zoomed}px`, width: "1px",
        height: "1px", visibility: "hidden", "pointer-events": "none",
      })) {
        room.style.setProperty(property, value, "important");
      }
    }
  }
  if (clipped) {
    const box = body.getBoundingClientRect();
    const own = body.currentCSSZoom || 1;
    const above = top <= 0 ? -FAR : (snap(top) - box.top - scrollY) / own;
    const below = (box.bottom + scrollY - snap(bottom)) / own;
    const before = right === null ? -FAR : (snap(left) - box.left - scrollX) / own;
    const after = right === null ? -FAR : (box.right + scrollX - snap(right)) / own;
    const inset = `inset(${above}px ${after}px ${below}px ${before}px)`;
    // Chromium keeps what it has painted of a layer when the clip around it moves by less than 512 px, though it has
    // painted the old part only: slides of what is laid out by hand were blank (156). Without a clip it starts anew.
    if (layered && body.style.clipPath) {
      body.style.removeProperty("clip-path");
      document.elementFromPoint(1, 1);
    }
    body.style.setProperty("clip-path", inset, "important");
  } else {
    body.style.removeProperty("clip-path");
  }
  window.scrollTo({ left: scrollLeft, top: target, behavior: "instant" });
  return { x: window.scrollX, y: window.scrollY };
}
