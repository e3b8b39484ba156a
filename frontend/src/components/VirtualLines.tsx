import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactElement, type ReactNode, useEffect, useRef } from "react";
import styles from "./VirtualLines.module.css";

const LINE_PX = 26; // one line of text; lines that wrap are measured as they come into sight
const NEAR_END_PX = 24;

interface Props {
  label: string;
  count: number;
  /** Stays the same for a line while others come and go. */
  keyOf: (at: number) => string | number;
  line: (at: number) => ReactNode;
  levelOf?: (at: number) => string | undefined;
  /** Whoever is at the end stays there while lines come; whoever has scrolled up is left to read. */
  follow?: boolean;
}

/** Any number of lines in a box that scrolls; only those in sight are on the page. */
export function VirtualLines({ label, count, keyOf, line, levelOf, follow = false }: Props): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(follow);
  // eslint-disable-next-line react-hooks/incompatible-library -- the compiler, which this build does not use, would skip it
  const lines = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    getItemKey: keyOf,
    overscan: 12,
  });
  useEffect(() => {
    if (follow && atEnd.current && count > 0) lines.scrollToIndex(count - 1, { align: "end" });
  }, [lines, follow, count]);
  return (
    <div
      ref={box}
      className={styles["box"]}
      tabIndex={0}
      role="region"
      aria-label={label}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      }}
    >
      <ol className={styles["lines"]} aria-label={label} style={{ height: lines.getTotalSize() }}>
        {lines.getVirtualItems().map(({ index, key, start }) => (
          <li
            key={key}
            ref={lines.measureElement}
            data-index={index}
            data-level={levelOf?.(index)}
            aria-setsize={count}
            aria-posinset={index + 1}
            style={{ transform: `translateY(${start}px)` }}
          >
            {line(index)}
          </li>
        ))}
      </ol>
    </div>
  );
}
