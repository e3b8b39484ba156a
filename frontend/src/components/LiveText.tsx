import { type ReactElement, useEffect, useRef, useState } from "react";

const EVERY_MS = 4000; // arbitrary: a screen reader needs about this long for a sentence

/** Says `text` to a screen reader, at most once every few seconds and always the latest; not shown. */
export function LiveText({ text }: { text: string }): ReactElement {
  const [said, setSaid] = useState(text);
  const lastAt = useRef(0);
  useEffect(() => {
    const due = Math.max(0, lastAt.current + EVERY_MS - Date.now());
    const timer = setTimeout(() => {
      lastAt.current = Date.now();
      setSaid(text);
    }, due);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return (
    <p className="visually-hidden" aria-live="polite" role="status">
      {said}
    </p>
  );
}
