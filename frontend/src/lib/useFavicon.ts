import { useEffect } from "react";

export type FaviconState = { state: "progress"; percent: number } | { state: "good" | "bad" } | null;

const SIZE_PX = 32; // what browsers show at twice the density
const COLOURS = { progress: "#1f47c4", good: "#17863f", bad: "#c91b2c", track: "#b9b4a8" } as const;

/** The tab's picture as a ring that fills, then a full one; null: the page's own. */
export function useFavicon(favicon: FaviconState): void {
  const state = favicon?.state ?? null;
  const percent = favicon?.state === "progress" ? favicon.percent : 100;
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (state === null || link === null) return;
    const { href } = link;
    const drawn = draw(state, percent);
    if (drawn !== null) link.href = drawn;
    return () => {
      link.href = href;
    };
  }, [state, percent]);
}

/** A `data:` address; null where there is no canvas to draw on. */
function draw(state: "progress" | "good" | "bad", percent: number): string | null {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE_PX;
  const context = canvas.getContext("2d");
  if (context === null) return null;
  const middle = SIZE_PX / 2;
  const ring = (colour: string, share: number): void => {
    context.beginPath();
    context.arc(middle, middle, middle - 4, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
    context.strokeStyle = colour;
    context.lineWidth = 7;
    context.stroke();
  };
  ring(COLOURS.track, 1);
  ring(COLOURS[state], percent / 100);
  return canvas.toDataURL("image/png");
}
