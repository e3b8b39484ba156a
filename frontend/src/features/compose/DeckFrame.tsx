import { t } from "@lingui/core/macro";
import { type ReactElement, useEffect, useRef } from "react";
import { FRAME_URL } from "@/api/preview";
import styles from "./Preview.module.css";

interface Props {
  html: string;
  /** The slide to show, from 0. */
  slide: number;
  onSlide: (slide: number) => void;
}

/** The deck in a page without an origin: it is told what to show by messages, and says which slide was clicked. */
export function DeckFrame({ html, slide, onSlide }: Props): ReactElement {
  const frame = useRef<HTMLIFrameElement>(null);
  const now = useRef({ html, slide, onSlide });
  useEffect(() => {
    now.current = { html, slide, onSlide };
  });
  const tell = (message: object): void => {
    frame.current?.contentWindow?.postMessage(message, "*"); // it has no origin that could be named
  };
  useEffect(() => {
    const hear = ({ source, data }: MessageEvent<unknown>): void => {
      if (source === null || source !== frame.current?.contentWindow) return;
      if (typeof data !== "object" || data === null) return;
      if ("ready" in data) tell({ html: now.current.html, slide: now.current.slide });
      if ("slide" in data && typeof data.slide === "number") now.current.onSlide(data.slide);
    };
    addEventListener("message", hear);
    return () => {
      removeEventListener("message", hear);
    };
  }, []);
  useEffect(() => {
    tell({ html, slide: now.current.slide });
  }, [html]);
  useEffect(() => {
    tell({ slide });
  }, [slide]);
  return (
    <iframe
      ref={frame}
      src={FRAME_URL}
      sandbox="allow-scripts"
      title={t`Preview of the slides`}
      className={styles["frame"]}
    />
  );
}
