import { useEffect, useRef, useState } from "react";

/** Calls `onFiles` for files that are dropped anywhere on the page. True: some are held over it. */
export function useFilesDropped(onFiles: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const tell = useRef(onFiles);
  useEffect(() => {
    tell.current = onFiles;
  });
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const carries = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes("Files") === true;
    const listen = (type: "dragover" | "dragleave" | "drop", hear: (event: DragEvent) => void): void => {
      // before the editor, which would put in the words of a file where it is dropped
      addEventListener(type, hear, { signal, capture: true });
    };
    listen("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      setOver(true);
    });
    listen("dragleave", ({ relatedTarget }) => {
      if (relatedTarget === null) setOver(false); // out of the window, not to another part of the page
    });
    listen("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      event.stopPropagation();
      setOver(false);
      tell.current([...(event.dataTransfer?.files ?? [])]);
    });
    return () => {
      abort.abort();
    };
  }, []);
  return over;
}
