// Colours as [red, green, blue, alpha]; those of other spaces are painted to find out.
const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const known = new Map();
const colourOf = (text) => {
  let colour = known.get(text);
  if (!colour) {
    const plain = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(text);
    if (plain) colour = [+plain[1], +plain[2], +plain[3], plain[4] === undefined ? 1 : +plain[4]];
    else {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = "rgba(0, 0, 0, 0)";
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
      colour = [red, green, blue, alpha / 255];
    }
    known.set(text, colour);
  }
  return colour;
};
const paintOf = (text, opacity) => {
  const [red, green, blue, alpha] = colourOf(text);
  return { red, green, blue, alpha: Math.round(alpha * opacity * 1000) / 1000 };
};

// A linear gradient in one layer, or null.
const gradientOf = (image, opacity) => {
  const found = /^linear-gradient\((.*)\)$/.exec(image);
  if (!found) return null;
  const parts = found[1].split(/,\s*(?![^()]*\))/);
  if (parts.some((part) => /gradient|url/.test(part))) return null;
  let angle = 180;
  const SIDES = { "to top": 0, "to right": 90, "to bottom": 180, "to left": 270, "to top right": 45, "to bottom right": 135, "to bottom left": 225, "to top left": 315 };
  if (/^-?[\d.]+deg$/.test(parts[0])) angle = parseFloat(parts.shift());
  else if (parts[0].startsWith("to ")) angle = SIDES[parts.shift()] ?? NaN;
  const stops = parts.map((part) => /^(.*?\)|\S+)(?: (-?[\d.]+)%)?$/.exec(part)).map((stop) => stop && { ...paintOf(stop[1], opacity), at: stop[2] === undefined ? null : parseFloat(stop[2]) });
  if (Number.isNaN(angle) || stops.length < 2 || stops.some((stop) => !stop)) return null;
  stops[0].at ??= 0;
  stops[stops.length - 1].at ??= 100;
  for (let at = 1; at < stops.length - 1; at++) {
    if (stops[at].at !== null) continue;
    let next = at;
    while (stops[next].at === null) next++;
    const from = stops[at - 1].at;
    for (let each = at; each < next; each++) stops[each].at = from + ((stops[next].at - from) * (each - at + 1)) / (next - at + 1);
  }
  return { angle: ((angle % 360) + 360) % 360, stops };
};
