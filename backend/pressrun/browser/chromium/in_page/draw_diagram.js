// A diagram of Mermaid as a picture that needs nothing else: an SVG with its labels as text, and all that style sheets
// say of it written as attributes of its elements, so that no sheet of a diagram is in a document. Its colours are the
// custom properties of the page. `built/mermaid` has loaded the library before. Answers with the SVG and how large it is,
// in CSS px; or with why there is none, and the line of the source where the fault is, from 1, if that is known.
async ({ source, maxElements, prefix }) => {
  const SVG = "http://www.w3.org/2000/svg";
  const INHERITED = {
    fill: "rgb(0, 0, 0)", "fill-opacity": "1", "fill-rule": "nonzero", stroke: "none", "stroke-opacity": "1", "stroke-width": "1px",
    "stroke-dasharray": "none", "stroke-dashoffset": "0px", "stroke-linecap": "butt", "stroke-linejoin": "miter", "stroke-miterlimit": "4",
    "font-size": "", "font-weight": "400", "font-style": "normal", "letter-spacing": "normal", "text-anchor": "start",
    "marker-start": "none", "marker-mid": "none", "marker-end": "none", "paint-order": "normal", visibility: "visible", "white-space-collapse": "collapse",
  };
  const OWN = {
    opacity: "1", "dominant-baseline": "auto", "alignment-baseline": "auto", "baseline-shift": "0px", "stop-color": "rgb(0, 0, 0)", "stop-opacity": "1",
    "clip-path": "none", mask: "none", "text-decoration-line": "none",
  };
  const GEOMETRY = new Set(
    ("x y x1 y1 x2 y2 cx cy r rx ry dx dy d points width height viewBox transform refX refY markerWidth markerHeight markerUnits orient " +
      "preserveAspectRatio offset gradientUnits gradientTransform patternUnits clipPathUnits textLength lengthAdjust rotate startOffset href xml:space").split(" "),
  );
  // Where labels are no HTML, those of round nodes of a mind map begin in the middle.
  const CENTRED = '.mindmap-node .label[transform^="translate(0,"] text { text-anchor: middle; }';
  // Labels are no HTML: what only says how their letters look would be read out.
  const FORMATTED = /<\/?(?:b|i|u|s|em|strong|small|big|sub|sup|span|font|code|center|div|p|mark)(?:\s[^<>\n]*)?>/gi;
  const UNSEEN = "style, script, title, desc, metadata, .today, animate, animateMotion, animateTransform, set";

  const probe = document.createElement("span");
  document.body.append(probe);
  const colourOf = (name, otherwise) => {
    probe.style.color = "";
    probe.style.color = `var(${name}, ${otherwise})`;
    const said = getComputedStyle(probe).color;
    const plain = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)/.exec(said);
    if (plain) return plain.slice(1, 4).map(Number);
    const canvas = document.createElement("canvas").getContext("2d");
    if (!canvas) return [128, 128, 128];
    canvas.fillStyle = said;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const hex = (colour) => `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
  const [page, ink, heading, panel, line, accent, soft, mark, good, special, careful, bad] = [
    ["--page", "white"], ["--ink", "black"], ["--heading", "black"], ["--panel", "#eeeeee"], ["--line", "#bbbbbb"], ["--accent", "#2255aa"],
    ["--soft", "#666666"], ["--mark", "#fff1a8"], ["--good", "#2e7d32"], ["--special", "#6a3fa0"], ["--careful", "#9a6700"], ["--bad", "#b3261e"],
  ].map(([name, otherwise]) => colourOf(name, otherwise));
  const tint = (tone, share = 0.16) => hex(tone.map((part, at) => part * share + page[at] * (1 - share)));
  const tones = [accent, special, good, careful, bad, soft];
  const each = (name, count, value) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}`, value(tones[at % tones.length], at)]));
  const fontFamily = getComputedStyle(document.body).fontFamily;
  const colours = {
    darkMode: page[0] * 0.3 + page[1] * 0.6 + page[2] * 0.1 < 128,
    background: hex(page), fontFamily, fontSize: "16px", textColor: hex(ink), titleColor: hex(heading), lineColor: hex(soft),
    primaryColor: tint(accent), primaryTextColor: hex(ink), primaryBorderColor: hex(accent),
    secondaryColor: tint(special), secondaryTextColor: hex(ink), secondaryBorderColor: hex(special),
    tertiaryColor: hex(panel), tertiaryTextColor: hex(ink), tertiaryBorderColor: hex(line),
    mainBkg: tint(accent), nodeBorder: hex(accent), nodeTextColor: hex(ink), clusterBkg: hex(panel), clusterBorder: hex(line),
    edgeLabelBackground: hex(page), defaultLinkColor: hex(soft), arrowheadColor: hex(soft),
    actorBkg: tint(accent), actorBorder: hex(accent), actorTextColor: hex(ink), actorLineColor: hex(soft), signalColor: hex(ink), signalTextColor: hex(ink),
    labelBoxBkgColor: hex(panel), labelBoxBorderColor: hex(soft), labelTextColor: hex(ink), loopTextColor: hex(ink),
    noteBkgColor: hex(mark), noteTextColor: hex(ink), noteBorderColor: hex(careful), activationBkgColor: tint(special, 0.3), activationBorderColor: hex(special),
    sequenceNumberColor: hex(page), labelColor: hex(ink), classText: hex(ink), altBackground: hex(panel), compositeBackground: hex(panel),
    compositeTitleBackground: tint(accent), stateLabelColor: hex(ink), transitionColor: hex(soft), transitionLabelColor: hex(ink), specialStateColor: hex(ink),
    sectionBkgColor: hex(panel), altSectionBkgColor: hex(page), sectionBkgColor2: hex(panel), gridColor: hex(line), todayLineColor: hex(bad),
    taskBkgColor: tint(accent, 0.3), taskBorderColor: hex(accent), activeTaskBkgColor: tint(special, 0.3), activeTaskBorderColor: hex(special),
    doneTaskBkgColor: tint(soft, 0.25), doneTaskBorderColor: hex(soft), critBkgColor: tint(bad, 0.3), critBorderColor: hex(bad),
    taskTextColor: hex(ink), taskTextDarkColor: hex(ink), taskTextLightColor: hex(ink), taskTextOutsideColor: hex(ink), taskTextClickableColor: hex(ink),
    rowOdd: hex(page), rowEven: hex(panel), attributeBackgroundColorOdd: hex(page), attributeBackgroundColorEven: hex(panel),
    requirementBackground: tint(accent), requirementBorderColor: hex(accent), requirementTextColor: hex(ink), relationColor: hex(soft),
    relationLabelBackground: hex(page), relationLabelColor: hex(ink), personBorder: hex(accent), personBkg: tint(accent, 0.3),
    pieTitleTextColor: hex(heading), pieSectionTextColor: hex(ink), pieLegendTextColor: hex(ink), pieStrokeColor: hex(page), pieOuterStrokeColor: hex(line), pieOpacity: "1",
    ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`pie${at + 1}`, tint(tones[at % tones.length], at < tones.length ? 0.5 : 0.25)])),
    ...each("cScale", 12, (tone, at) => tint(tone, at < tones.length ? 0.3 : 0.18)), ...each("cScaleLabel", 12, () => hex(ink)),
    ...each("cScalePeer", 12, (tone) => hex(tone)), ...each("cScaleInv", 12, (tone) => hex(tone)), ...each("surface", 5, () => hex(panel)),
    ...each("fillType", 8, (tone) => tint(tone, 0.25)), ...each("git", 8, (tone) => hex(tone)), ...each("gitInv", 8, () => hex(page)),
    ...each("gitBranchLabel", 8, () => hex(page)), commitLabelColor: hex(ink), commitLabelBackground: hex(panel), commitLabelFontSize: "12px",
    tagLabelColor: hex(ink), tagLabelBackground: tint(accent), tagLabelBorder: hex(accent), tagLabelFontSize: "12px",
    ...Object.fromEntries([1, 2, 3, 4].flatMap((at) => [[`quadrant${at}Fill`, at % 2 ? hex(panel) : hex(page)], [`quadrant${at}TextFill`, hex(ink)]])),
    quadrantPointFill: hex(accent), quadrantPointTextFill: hex(ink), quadrantXAxisTextFill: hex(ink), quadrantYAxisTextFill: hex(ink), quadrantTitleFill: hex(heading),
    quadrantInternalBorderStrokeFill: hex(line), quadrantExternalBorderStrokeFill: hex(soft),
    xyChart: {
      backgroundColor: hex(page), titleColor: hex(heading), dataLabelColor: hex(ink), plotColorPalette: tones.map(hex).join(","),
      ...Object.fromEntries(["x", "y"].flatMap((axis) => [["LabelColor", ink], ["TitleColor", ink], ["TickColor", soft], ["LineColor", soft]].map(([name, colour]) => [`${axis}Axis${name}`, hex(colour)]))),
    },
    radar: { axisColor: hex(soft), graticuleColor: hex(line), graticuleOpacity: 0.4 }, archEdgeColor: hex(soft), archEdgeArrowColor: hex(soft), archGroupBorderColor: hex(line),
    packet: { startByteColor: hex(ink), endByteColor: hex(ink), labelColor: hex(ink), titleColor: hex(heading), blockStrokeColor: hex(accent), blockFillColor: tint(accent) },
    errorBkgColor: hex(panel), errorTextColor: hex(ink),
  };
  probe.remove();

  // The line of the source that is that line of what the parser was given: without front matter and comments.
  const lineOf = (number) => {
    const lines = source.split("\n");
    let at = 0;
    if (lines[0].trim() === "---") at = lines.findIndex((text, index) => index && text.trim() === "---") + 1;
    while (at < lines.length && (!lines[at].trim() || /^\s*%%/.test(lines[at]))) at++;
    for (let left = number - 1; left > 0 && at < lines.length - 1; ) if (!/^\s*%%/.test(lines[++at])) left--;
    return at + 1;
  };
  const refusal = (error) => {
    const token = error?.hash?.loc?.first_line ?? error?.result?.parserErrors?.[0]?.token?.startLine ?? error?.result?.lexerErrors?.[0]?.line;
    const number = Number.isInteger(token) && token > 0 ? token : Number(/\bon line (\d+)/.exec(error?.message ?? "")?.[1] ?? 0);
    return { error: String(error?.message ?? error).split("\n")[0].slice(0, 200), line: number ? lineOf(number) : null };
  };

  // The same diagram is drawn the same, wherever the library throws dice.
  let state = 1;
  Math.random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };

  const { mermaid } = globalThis;
  const text = { htmlLabels: false, useMaxWidth: true };
  let drawn;
  try {
    mermaid.initialize({
      startOnLoad: false, securityLevel: "strict", suppressErrorRendering: true, maxTextSize: 50_000, maxEdges: 500, deterministicIds: true, handDrawnSeed: 1,
      secure: ["secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges", "suppressErrorRendering", "theme", "themeVariables", "themeCSS", "fontFamily",
        "altFontFamily", "htmlLabels", "darkMode", "deterministicIds", "handDrawnSeed", "dompurifyConfig", "useMaxWidth", "textPlacement", "forceLegacyMathML", "legacyMathML"],
      theme: "base", themeVariables: colours, fontFamily, fontSize: 16, themeCSS: CENTRED, htmlLabels: false, flowchart: text, class: text, state: text, er: text, block: text,
      mindmap: text, requirement: text, journey: { textPlacement: "tspan", sectionColours: [hex(ink)], actorColours: tones.map(hex) },
      radar: { width: 420, height: 420 }, xyChart: { width: 600, height: 400 }, timeline: text, gantt: { useWidth: 760 }, sequence: { mirrorActors: false },
    });
    drawn = (await mermaid.render(prefix, source.replace(FORMATTED, ""))).svg;
  } catch (error) {
    document.getElementById(`d${prefix}`)?.remove();
    return refusal(error);
  }

  const holder = document.createElement("div");
  holder.style.cssText = "position: absolute; width: 900px";
  document.body.append(holder);
  holder.innerHTML = drawn;
  const svg = holder.querySelector("svg");
  const count = svg?.querySelectorAll("*").length ?? 0;
  if (!count) return { error: "nothing is in it", line: null };
  if (count > maxElements) return { error: `it draws more than ${maxElements} things; part it`, line: null };
  const said = (selector) => (svg.querySelector(`:scope > ${selector}`)?.textContent ?? "").trim();
  const title = [said("title"), said("desc")].filter(Boolean).join(". ");

  const elements = [svg, ...svg.querySelectorAll("*")];
  const looks = elements.map((element) => {
    if (element.namespaceURI !== SVG) return null;
    const style = getComputedStyle(element);
    const look = { display: style.display, family: style.fontFamily };
    for (const name of [...Object.keys(INHERITED), ...Object.keys(OWN)]) look[name] = style.getPropertyValue(name);
    return look;
  });
  const lookOf = new Map(elements.map((element, at) => [element, looks[at]]));
  const family = looks[0].family;
  const named = new Map();
  const local = (value) => /url\("?#([^")]+)"?\)/.exec(value)?.[1] ?? null;
  const idOf = (id) => {
    if (!named.has(id)) named.set(id, `${prefix}-${named.size + 1}`);
    return named.get(id);
  };
  for (const element of elements) {
    const look = lookOf.get(element);
    if (!look) continue;
    if (element !== svg && (element.matches(UNSEEN) || (look.display === "none" && !element.closest("defs, marker")))) {
      element.remove();
      continue;
    }
    for (const name of element.getAttributeNames()) if (!GEOMETRY.has(name) && name !== "id" && name !== "xlink:href") element.removeAttribute(name);
    const link = element.getAttribute("href") ?? element.getAttribute("xlink:href");
    element.removeAttribute("xlink:href");
    if (link?.startsWith("#")) element.setAttribute("href", `#${idOf(link.slice(1))}`);
    else if (link && element.localName !== "image") element.removeAttribute("href");
    const above = element === svg ? null : lookOf.get(element.parentElement);
    for (const [name, first] of Object.entries(INHERITED)) {
      if (look[name] === (above ? above[name] : first) && !(element === svg && name === "font-size")) continue;
      const id = local(look[name]);
      element.setAttribute(name, id ? `url(#${idOf(id)})` : look[name]);
    }
    for (const [name, first] of Object.entries(OWN)) {
      if (look[name] === first) continue;
      const id = local(look[name]);
      if (id || !/url\(/.test(look[name])) element.setAttribute(name === "text-decoration-line" ? "text-decoration" : name, id ? `url(#${idOf(id)})` : look[name]);
    }
    if (look.family !== family && look.family !== above?.family && element.localName !== "marker") element.setAttribute("font-family", look.family.slice(0, 200));
  }
  for (const element of svg.querySelectorAll("[id]")) {
    if (named.has(element.id)) element.id = named.get(element.id);
    else element.removeAttribute("id");
  }
  svg.removeAttribute("id");
  for (const element of svg.querySelectorAll("a")) element.replaceWith(...element.childNodes);
  const [left, top, width, height] = (svg.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  for (const name of ["width", "height", "x", "y", "transform"]) svg.removeAttribute(name);
  holder.remove();
  if (!(width > 0 && height > 0)) return { error: "nothing is in it", line: null };
  svg.setAttribute("viewBox", [left, top, width, height].map((part) => Math.round(part * 100) / 100).join(" "));
  return { svg: new XMLSerializer().serializeToString(svg), width, height, title };
}
