import { type ReactElement, useRef } from "react";
import { runUrl } from "@/api/runs";
import { thumbnailUrl } from "@/api/thumbnails";
import type { Run } from "@/api/types";
import { usePicture } from "@/components/usePicture";
import styles from "./Library.module.css";

const WIDTH_CSS_PX = 72; // as in Library.module.css

/** What a run looks like: its first slide, small. It has no name of its own, the link that it is in has the run's. */
export function FirstSlide({ run }: { run: Run }): ReactElement {
  const name = run.result?.screenshot_files[0];
  if (name === undefined) return <span className={styles["slide"]} />;
  return <Small url={`${runUrl(run.operation_id)}/files/${name}`} />;
}

function Small({ url }: { url: string }): ReactElement {
  const place = useRef<HTMLSpanElement>(null);
  const small = thumbnailUrl(url, WIDTH_CSS_PX, devicePixelRatio);
  const { src, key, gone, onLoad, onError } = usePicture(small, { settled: true, place, lazy: true });
  return (
    <span ref={place} className={styles["slide"]}>
      {src !== null && gone === null && (
        <img key={key} src={src} alt="" decoding="async" onLoad={onLoad} onError={onError} />
      )}
    </span>
  );
}
