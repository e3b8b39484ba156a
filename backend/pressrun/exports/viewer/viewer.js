(() => {
  "use strict";
  const root = document.documentElement;
  const slides = [...document.querySelectorAll("section")];
  const bar = document.querySelector("footer");
  const where = document.querySelector("output");
  if (!slides.length) return;
  let now = 0;

  const show = (number) => {
    now = Math.max(0, Math.min(slides.length - 1, number));
    slides.forEach((slide, at) => slide.classList.toggle("now", at === now));
    for (const near of [now - 1, now, now + 1]) slides[near]?.querySelector("img")?.setAttribute("loading", "eager");
    where.textContent = `${now + 1} / ${slides.length}`;
    try {
      history.replaceState(null, "", `#s${now + 1}`);
    } catch {
      // a page without an origin may not; it shows the slide all the same
    }
    slides[now].focus({ preventScroll: !root.classList.contains("all") });
  };
  const look = (all) => {
    root.classList.toggle("all", all);
    root.classList.toggle("one", !all);
    slides.forEach((slide) => { slide.tabIndex = all ? 0 : -1; });
    show(now);
  };
  const step = (by) => show(now + by);

  const onward = root.dir === "rtl" ? -1 : 1;
  const keys = {
    ArrowRight: () => step(onward), ArrowLeft: () => step(-onward), ArrowDown: () => step(1), ArrowUp: () => step(-1),
    PageDown: () => step(1), PageUp: () => step(-1), " ": () => step(1), Home: () => show(0), End: () => show(slides.length - 1),
    o: () => look(!root.classList.contains("all")), Escape: () => look(true), Enter: () => look(false),
    n: () => root.classList.toggle("noted"),
    f: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.())?.catch?.(() => {}),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!key) return;
    event.preventDefault();
    key();
  });
  addEventListener("click", (event) => {
    if (event.target.closest("summary, .notes, details, footer")) return;
    if (root.classList.contains("all")) {
      const chosen = slides.indexOf(event.target.closest("section"));
      if (chosen >= 0) {
        now = chosen;
        look(false);
      }
    } else step((event.clientX < innerWidth / 3 ? -1 : 1) * onward);
  });
  addEventListener("hashchange", () => {
    const chosen = slides.findIndex((slide) => `#${slide.id}` === location.hash);
    if (chosen >= 0) show(chosen);
  });

  const begin = slides.findIndex((slide) => `#${slide.id}` === location.hash);
  now = Math.max(0, begin);
  bar.hidden = false;
  look(false);
})();
