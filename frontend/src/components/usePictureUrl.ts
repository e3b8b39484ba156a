import { type RefObject, useEffect, useRef, useState } from "react";
import { getBlob } from "@/api/client";
import { pictureTurns } from "./pictureTurns";
import { useAccess } from "./useAccess";

interface Wanted {
  url: string;
  /** Another number asks again. */
  tries: number;
  wanted: boolean;
  /** One of many: it waits until few others are loading. */
  queued: boolean;
  onError: (error: unknown) => void;
}

/**
 * What to write into `src`: the address itself, or, where the server wants a token, the bytes that were fetched with it,
 * released as soon as the picture is gone. Null until it may be shown. `onSettled`: the image has loaded, or failed.
 */
export function usePictureUrl({ url, tries, wanted, queued, onError }: Wanted): {
  src: string | null;
  onSettled: () => void;
} {
  const { token } = useAccess();
  const [src, setSrc] = useState<string | null>(null);
  const endTurn = useRef<() => void>(() => undefined);
  const fail = useRef(onError);
  useEffect(() => {
    fail.current = onError;
  });
  const direct = token === null && !queued;
  useEffect(() => {
    if (direct || !wanted) return;
    const abort = new AbortController();
    let made: string | null = null;
    const begin = async (): Promise<void> => {
      if (token === null) {
        setSrc(url);
        return; // the image says when it has loaded
      }
      try {
        const blob = await getBlob(url, abort.signal);
        if (abort.signal.aborted) return;
        made = URL.createObjectURL(blob);
        setSrc(made);
      } catch (error) {
        if (!abort.signal.aborted) fail.current(error);
      } finally {
        end();
      }
    };
    let end = (): void => undefined;
    if (queued) end = pictureTurns.take(() => void begin());
    else void begin();
    endTurn.current = () => {
      end();
    };
    return () => {
      abort.abort();
      end();
      setSrc(null);
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [url, tries, token, wanted, queued, direct]);
  return {
    src: direct ? url : src,
    onSettled: () => {
      endTurn.current();
    },
  };
}

/** True from when the element has come near the part of the page that is seen; without one always. */
export function useNear(element: RefObject<Element | null> | undefined): boolean {
  const [near, setNear] = useState(element === undefined);
  useEffect(() => {
    if (near || element?.current == null) return;
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
