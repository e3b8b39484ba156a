/** Which part of a run is shown, as its address says it. Pure. */

export const TABS = ["slides", "files", "timeline", "log", "source", "api", "compare", "webhook"] as const;
export type RunTab = (typeof TABS)[number];

/** `/runs/{id}?tab=…&slide=…&with=…`; without a tab it is the slides, without a slide none is shown large. */
export interface RunSearch {
  tab?: RunTab;
  /** From 1, as it is numbered in the run. */
  slide?: number;
  /** Beside which run this one is compared, by its ID. */
  with?: string;
}

/** From an address that anybody may have typed: what is unknown is left out. */
export function readRunSearch(search: Record<string, unknown>): RunSearch {
  const tab = TABS.find((candidate) => candidate === search["tab"]);
  const beside = search["with"];
  const slide = Number(search["slide"]);
  return {
    ...(tab !== undefined && tab !== "slides" && { tab }),
    ...(Number.isSafeInteger(slide) && slide > 0 && { slide }),
    ...(tab === "compare" && typeof beside === "string" && beside !== "" && { with: beside }),
  };
}
