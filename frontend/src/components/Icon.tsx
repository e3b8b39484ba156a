import type { ReactElement } from "react";

const paths = {
  alert: "M12 3 2 20h20L12 3Zm0 6v5m0 3v.01",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4l2-2Zm4 4.5h4",
  check: "m4 12.5 5 5L20 6.5",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 3.5V12l3 2",
  close: "M5 5l14 14M19 5 5 19",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
  edit: "M4 20l1-5L16 4l4 4L9 19l-5 1Zm10-14 4 4",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  globe:
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c2.5 2.5 3.8 5.5 3.8 9s-1.3 6.5-3.8 9c-2.5-2.5-3.8-5.5-3.8-9S9.5 5.5 12 3Z",
  grid: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
  left: "m15 5-7 7 7 7",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
  list: "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01",
  open: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  out: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  pause: "M8 5v14M16 5v14",
  pin: "M9 3h6l-1 7 4 4H6l4-4-1-7Zm3 11v7",
  play: "m7 4 13 8-13 8V4Z",
  plus: "M12 5v14M5 12h14",
  retry: "M20 12a8 8 0 1 1-2.5-5.8M20 3v5h-5",
  right: "m9 5 7 7-7 7",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20 20",
  stop: "M6 6h12v12H6z",
  text: "M5 6h14M5 10h14M5 14h14M5 18h8",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
} as const;

export type IconName = keyof typeof paths;

/** What points somewhere, or stands for a text: mirrored where a page is read from the right (base.css). */
const FLIPS: ReadonlySet<IconName> = new Set(["left", "list", "open", "out", "right", "text"]);

/** A picture beside words: it never carries a meaning alone, and so has no name of its own. */
export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }): ReactElement {
  return (
    <svg
      viewBox="0 0 24 24"
      width="1.1em"
      height="1.1em"
      fill={filled ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      data-flips={FLIPS.has(name) ? "" : undefined}
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
