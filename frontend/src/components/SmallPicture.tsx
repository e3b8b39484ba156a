import { type ReactElement, useRef } from "react";
import { thumbnailUrl } from "@/api/thumbnails";
import { Icon } from "./Icon";
import { usePicture } from "./usePicture";
import styles from "./SmallPicture.module.css";

/** What a run looks like: one of its pictures, small, beside its name; a mark where it has none. It has no name of its own. */
export function SmallPicture({ url }: { url: string | null }): ReactElement {
  if (url !== null)
    return <LoadedPicture key={url} url={url} width={WIDTH_CSS_PX} className={styles["place"]} />;
  return (
    <span className={styles["place"]}>
      <Icon name="file" />
    </span>
  );
}

const WIDTH_CSS_PX = 72; // as in SmallPicture.module.css

interface LoadedPictureProps {
  url: string;
  /** In CSS pixels. */
  width: number;
  className: string | undefined;
}

/** The picture at that address, made small by the server and asked for when its place is seen. */
export function LoadedPicture({ url, width, className }: LoadedPictureProps): ReactElement {
  const place = useRef<HTMLSpanElement>(null);
  const small = thumbnailUrl(url, width, devicePixelRatio);
  const { src, key, gone, onLoad, onError } = usePicture(small, { settled: true, queued: true, place });
  return (
    <span ref={place} className={className}>
      {src !== null && gone === null && (
        <img key={key} src={src} alt="" decoding="async" onLoad={onLoad} onError={onError} />
      )}
    </span>
  );
}
