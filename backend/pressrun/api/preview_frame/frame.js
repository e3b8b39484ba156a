// Shows the deck that the UI sends, as wide as the frame; says which slide was clicked, and goes to the one it is told.
"use strict";
{
  const own = document.querySelector("style");
  let slides = [];
  let here = -1;

  const scale = () => {
    const deck = document.querySelector(".deck");
    if (!deck) return;
    const wide = parseFloat(getComputedStyle(deck).width) || 1;
    const room = document.documentElement.clientWidth;
    document.documentElement.style.setProperty("--pressrun-scale", String((room - 8) / wide));
    deck.style.left = "4px";
    document.body.style.height = `${deck.getBoundingClientRect().height + 24}px`;
  };

  const show = (html) => {
    const { scrollX: left, scrollY: top } = window;
    const sent = new DOMParser().parseFromString(html, "text/html");
    for (const style of document.querySelectorAll("style[data-sent]")) style.remove();
    document.documentElement.style.removeProperty("--pressrun-paper");
    for (const name of ["lang", "dir"]) {
      document.documentElement.setAttribute(name, sent.documentElement.getAttribute(name) ?? "");
    }
    for (const style of sent.head.querySelectorAll("style")) {
      const copy = document.createElement("style");
      copy.dataset.sent = "";
      copy.textContent = style.textContent;
      own.before(copy);
    }
    document.body.replaceChildren(...sent.body.children);
    slides = [...document.querySelectorAll(".deck > .slide:not([data-rest])")];
    document.documentElement.style.setProperty("--pressrun-paper", getComputedStyle(document.documentElement).background);
    scale();
    scrollTo(left, top);
    here = -1;
  };

  const point = (number) => {
    if (number === here) return;
    slides[here]?.removeAttribute("data-pressrun-here");
    here = number;
    const slide = slides[number];
    if (!slide) return;
    slide.setAttribute("data-pressrun-here", "");
    const { top, bottom } = slide.getBoundingClientRect();
    if (top >= 0 && bottom <= innerHeight) return;
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
    scrollBy({ top: top - Math.max(8, (innerHeight - (bottom - top)) / 2), behavior });
  };

  addEventListener("message", ({ source, data }) => {
    if (source !== parent || typeof data !== "object" || data === null) return;
    if (typeof data.html === "string") show(data.html);
    if (typeof data.slide === "number") point(data.slide);
  });
  addEventListener("click", (event) => {
    event.preventDefault(); // a link of the deck leads nowhere from here
    const number = slides.indexOf(event.target.closest?.(".deck > .slide"));
    if (number >= 0) parent.postMessage({ slide: number }, "*");
  });
  addEventListener("resize", scale);
  parent.postMessage({ ready: true }, "*");
}
