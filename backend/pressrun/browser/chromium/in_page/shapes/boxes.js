// What no text is: background, border and shadow of an element, and the pieces that a picture is taken of.
const addPiece = (element, kind, box, context, alt) => {
  const number = ++pieces;
  let used = false;
  for (const [slide, x, y, shown] of placesOf(box, context)) {
    const seen = meet(meet(box, context.clip), shown);
    if (!isSeen(seen)) continue;
    used = true;
    put(slide, { type: "piece", number, box: on(seen, x, y), alt, words: kind === "all" ? (element.textContent ?? "").trim() : "" });
  }
  if (used) element.setAttribute(`pressrun-piece-${kind}`, number);
};

const NO_SIDES = [null, null, null, null];
const sidesOf = (style, opacity) => ["Top", "Right", "Bottom", "Left"].map((side) => {
  const line = style[`border${side}Style`], thick = parseFloat(style[`border${side}Width`]);
  const paint = paintOf(style[`border${side}Color`], opacity);
  return thick > 0 && line !== "none" && line !== "hidden" && paint.alpha > FAINT ? { width: thick, line, ...paint } : null;
});

// A shadow that is as wide on each side within the box: a border for the eye. Null where there is none, or a border besides.
const ringOf = (style, opacity) => {
  const found = /^(.+\)) 0px 0px 0px ([\d.]+)px inset$/.exec(style.boxShadow);
  if (!found || sidesOf(style, opacity).some(Boolean)) return null;
  return { width: parseFloat(found[2]), line: "solid", ...paintOf(found[1], opacity) };
};

// Where a gradient that is no larger than its box is painted: `box` itself, a part of it, or null where it is laid side by
// side or no number says where it is.
const placeOfGradient = (style, box, zoom) => {
  const sizes = style.backgroundSize.split(" "), starts = style.backgroundPosition.split(" ");
  const [acrossRepeat, downRepeat = acrossRepeat] = style.backgroundRepeat.split(" ");
  const lengthOf = (text, whole) => (/^-?[\d.]+%$/.test(text) ? (parseFloat(text) / 100) * whole : /^-?[\d.]+px$/.test(text) ? parseFloat(text) * zoom : NaN);
  const along = (whole, size, start, repeat) => {
    const long = /^(auto|cover|contain)$/.test(size) ? whole : lengthOf(size, whole);
    if (Math.abs(long - whole) < EDGE) return [0, whole];
    const at = lengthOf(start, start.endsWith("%") ? whole - long : whole);
    return repeat === "no-repeat" && long < whole && Number.isFinite(at) ? [at, at + long] : null;
  };
  const across = along(box.right - box.left, sizes[0], starts[0], acrossRepeat);
  const down = along(box.bottom - box.top, sizes[1] ?? "auto", starts[1] ?? "50%", downRepeat);
  if (!across || !down) return null;
  return meet(box, { left: box.left + across[0], right: box.left + across[1], top: box.top + down[0], bottom: box.top + down[1] });
};

const putBox = (box, context, look) => {
  for (const [slide, x, y, shown] of placesOf(box, context)) {
    const seen = meet(meet(box, context.clip), shown);
    if (!isSeen(seen)) continue;
    const cut = [seen.top > box.top + EDGE, seen.right < box.right - EDGE, seen.bottom < box.bottom - EDGE, seen.left > box.left + EDGE];
    put(slide, { type: "box", box: on(seen, x, y), ...look, sides: look.sides.map((side, at) => (cut[at] ? null : side)) });
  }
};

// Background, border and shadow of an element.
const addBox = (element, style, context) => {
  const zoom = element.currentCSSZoom ?? 1;
  const box = boxOf(element.getBoundingClientRect(), context);
  if (!isSeen(box)) return;
  const colour = paintOf(style.backgroundColor, context.opacity);
  const image = style.backgroundImage;
  const gradient = image === "none" ? null : gradientOf(image, context.opacity);
  const place = gradient && placeOfGradient(style, box, zoom);
  const ring = ringOf(style, context.opacity);
  const sides = (ring ? NO_SIDES.map(() => ring) : sidesOf(style, context.opacity)).map((side) => side && { ...side, width: side.width * zoom });
  const radii = [style.borderTopLeftRadius, style.borderTopRightRadius, style.borderBottomRightRadius, style.borderBottomLeftRadius]
    .map((radius) => (radius.includes("%") ? (parseFloat(radius) / 100) * Math.min(box.right - box.left, box.bottom - box.top) : parseFloat(radius) * zoom));
  const radius = round(Math.min(...radii));
  const isPart = place && ["left", "right", "top", "bottom"].some((side) => Math.abs(place[side] - box[side]) > EDGE);
  const special = (image !== "none" && !place) || (isPart && radius) || /text/.test(style.webkitBackgroundClip) || style.borderImageSource !== "none" ||
    (/inset/.test(style.boxShadow) && !ring) || sides.some((side) => side && /double|groove|ridge|inset|outset/.test(side.line));
  if (special) return addPiece(element, "own", box, context, "");
  const shadow = /^(rgba?\([^)]*\)) (-?[\d.]+)px (-?[\d.]+)px ([\d.]+)px (-?[\d.]+)px$/.exec(style.boxShadow);
  const cast = shadow && { ...paintOf(shadow[1], context.opacity), x: +shadow[2] * zoom, y: +shadow[3] * zoom, blur: +shadow[4] * zoom };
  const fill = colour.alpha > FAINT && (!gradient || isPart) ? colour : null;
  const whole = isPart ? null : gradient;
  if (fill || whole || sides.some(Boolean)) putBox(box, context, { fill, gradient: whole, radius, sides, shadow: cast });
  if (isPart && isSeen(place)) putBox(place, context, { fill: null, gradient, radius: 0, sides: NO_SIDES, shadow: null });
};
