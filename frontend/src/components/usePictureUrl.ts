import { type RefObject, useEffect, useRef, useState } from "react";
import { getBlob } from "@/api/client";
import { useAccess } from "./useAccess";

/**
 * What to write into `src`: the address itself, or, where the server wants a token, the bytes that were fetched with it,
 * released as soon as the picture is gone. Null until they are there. A change of `tries` asks again.
 */
export function usePictureUrl(
  url: string,
  tries: number,
  wanted: boolean,
  onError: (error: unknown) => void,
): string | null {
  const { token } = useAccess();
  const [src, setSrc] = useState<string | null>(null);
  const fail = useRef(onError);
  useEffect(() => {
    fail.current = onError;
  });
  useEffect(() => {
    if (token === null || !wanted) return;
    const abort = new AbortController();
    let made: string | null = null;
    getBlob(url, abort.signal).then(
      (blob) => {
        if (abort.signal.aborted) return;
        made = URL.createObjectURL(blob);
        setSrc(made);
      },
      (error: unknown) => {
        if (!abort.signal.aborted) fail.current(error);
      },
    );
    return () => {
      abort.abort();
      setSrc(null);
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [url, tries, token, wanted]);
  return token === null ? url : src;
}

/** True from when the element has come near the part of the page that is seen. */
export function useNear(element: RefObject<Element | null>, lazy: boolean): boolean {
  const [near, setNear] = useState(!lazy);
  useEffect(() => {
    if (near || element.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setNear(true);
      },
      { rootMargin: "600px" }, // arbitrary: about one screen ahead
    );
    observer.observe(element.current);
    return () => {
      observer.disconnect();
    };
  }, [element, near]);
  return near;
}
