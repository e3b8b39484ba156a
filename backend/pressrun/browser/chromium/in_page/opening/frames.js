// Documents within the document (`srcdoc`, `data:text/html`) become a part of it, each in a shadow root of its own: so
// its styles stay within, its lines are seen by whoever plans the slides, and it is as high as it is long.
const documentIn = (frame) => {
  if (frame.hasAttribute("srcdoc")) return frame.getAttribute("srcdoc");
  const found = /^data:text\/html([^,]*),(.*)$/is.exec((frame.getAttribute("src") ?? frame.getAttribute("data") ?? "").trim());
  if (!found) return null;
  try {
    if (!/;\s*base64/i.test(found[1])) return decodeURIComponent(found[2]);
    return new TextDecoder().decode(Uint8Array.from(atob(found[2].trim()), (character) => character.charCodeAt(0)));
  } catch {
    return null; // no URL that could be read: the frame shows nothing either
  }
};

// Of the frame itself; the rest of a frame's look does not reach into it.
const FRAME_LOOK = `align-self background-clip background-color background-image border-bottom border-left border-right
  border-top border-radius bottom box-shadow box-sizing clear flex-basis flex-grow flex-shrink float grid-column grid-row
  justify-self left margin-bottom margin-left margin-right margin-top max-width opacity order padding-bottom padding-left
  padding-right padding-top position right top transform vertical-align visibility z-index`.split(/\s+/);

const embed = (frame, source, room) => {
  const style = getComputedStyle(frame);
  const box = frame.getBoundingClientRect();
  if (style.display === "none" || box.width < 3 || box.height < 3) return [];
  const parsed = new DOMParser().parseFromString(source.replaceAll(/:root\b/g, "html"), "text/html");
  room.nodes -= parsed.getElementsByTagName("*").length;
  if (room.nodes < 0) return [];
  const host = document.createElement("pressrun-frame");
  host.style.setProperty("all", "initial", "important");
  important(host, Object.fromEntries(FRAME_LOOK.map((property) => [property, style.getPropertyValue(property)])));
  const isWide = box.width >= 0.6 * (parentOf(frame)?.getBoundingClientRect().width ?? 0);
  const display = style.display.startsWith("inline") ? (isWide ? "flow-root" : "inline-block") : "flow-root";
  important(host, { display, width: `${box.width}px`, "min-height": `${box.height}px`, "box-sizing": "border-box" });
  for (const sheet of parsed.querySelectorAll("style")) {
    const faces = sheet.textContent.match(/@font-face\s*\{[^}]*\}/g); // known to whole documents only
    if (faces) document.head.append(Object.assign(document.createElement("style"), { textContent: faces.join("\n") }));
  }
  const shadow = host.attachShadow({ mode: "open" });
  shadow.append(parsed.documentElement);
  frame.replaceWith(host);
  important(shadow.firstElementChild, { position: "relative", height: "auto", overflow: "visible" });
  const body = shadow.querySelector("body");
  if (body) important(body, { height: "auto", overflow: "visible" });
  const painted = body && getComputedStyle(body).backgroundColor;
  if (painted && !/, 0\)$/.test(painted)) important(host, { "background-color": painted });
  return [shadow];
};

const embedFrames = async (room) => {
  let roots = [document, ...[...elementsOf(document)].flatMap((element) => element.shadowRoot ?? [])];
  const shadows = [];
  while (roots.length) {
    const frames = roots.flatMap((root) => [...root.querySelectorAll("iframe, object, embed")]);
    roots = frames.flatMap((frame) => {
      const source = documentIn(frame);
      return source === null ? [] : embed(frame, source, room);
    });
    shadows.push(...roots);
  }
  const pictures = shadows.flatMap((shadow) => [...shadow.querySelectorAll("img")]);
  for (const picture of pictures) picture.loading = "eager";
  await Promise.allSettled(pictures.map((picture) => picture.decode()));
  for (const animation of shadows.flatMap((shadow) => shadow.getAnimations())) settle(animation);
};

const settle = (animation) => {
  try {
    animation.finish();
  } catch {
    animation.cancel(); // endless ones have no end to jump to
  }
};
