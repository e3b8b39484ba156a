import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/api/client";
import { runUrl } from "@/api/runs";
import type { SlideText, SlideTexts } from "@/api/types";
import { hasEnded, type RunView } from "@/stream/reduceRun";

const AGAIN_MS = 2000; // a new attempt writes the file a moment after it has begun

/**
 * What each slide says, by its number. Nothing while it is not known, and of a run that has no such file. While a run goes
 * on what an earlier attempt said stays: it is of the same document, and the new attempt has not written its own at once.
 */
export function useSlideTexts({
  operationId,
  attempt,
  status,
  slides,
}: RunView): ReadonlyMap<number, SlideText> {
  const ended = hasEnded(status);
  const { data } = useQuery({
    queryKey: ["runs", "texts", operationId, ended ? attempt : "under way"],
    queryFn: async ({ signal }) => {
      const texts = await getJson<SlideTexts>(`${runUrl(operationId)}/files/slides.json`, signal);
      return new Map(texts.slides.map((slide) => [slide.index, slide]));
    },
    placeholderData: (before) => before,
    enabled: slides.length > 0, // it is there before the first picture
    retry: (failures) => !ended && failures < 5,
    retryDelay: AGAIN_MS,
    staleTime: Infinity,
  });
  return data ?? NOTHING;
}

const NOTHING: ReadonlyMap<number, SlideText> = new Map();
