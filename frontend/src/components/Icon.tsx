import type { ReactElement } from "react";

const paths = {
  alert: "M12 3 2 20h20L12 3Zm0 6v5m0 3v.01",
  check: "m4 12.5 5 5L20 6.5",
  close: "M5 5l14 14M19 5 5 19",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  left: "m15 5-7 7 7 7",
  open: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  out: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  pause: "M8 5v14M16 5v14",
  pin: "M9 3h6l-1 7 4 4H6l4-4-1-7Zm3 11v7",
  play: "m7 4 13 8-13 8V4Z",
  retry: "M20 12a8 8 0 1 1-2.5-5.8M20 3v5h-5",
  right: "m9 5 7 7-7 7",
  stop: "M6 6h12v12H6z",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
} as const;

export type IconName = keyof typeof paths;

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
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
