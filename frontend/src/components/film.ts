/** Fields of a video that are seldom asked for. Pure. */
import { DEFAULTS } from "@/api/tables.gen";
import type { GenerateRequest } from "@/api/types";

/** What of a video is seldom asked for, as the wire has it; what is not there is as usual. */
export type FilmMore = Pick<
  GenerateRequest,
  "fps" | "video_intro" | "video_outro" | "video_webm" | "video_preview"
>;
export const FILM_FIELDS = [
  "fps",
  "video_intro",
  "video_outro",
  "video_webm",
  "video_preview",
] as const satisfies readonly (keyof FilmMore)[];

/** Where it differs from another: from that of a run that is made again, or from what is usual. */
export function filmChanges(value: FilmMore, before: FilmMore = {}): FilmMore {
  const usual: FilmMore = DEFAULTS;
  const of = (film: FilmMore, name: keyof FilmMore): unknown => film[name] ?? usual[name];
  const differs = FILM_FIELDS.filter((name) => of(value, name) !== of(before, name));
  return Object.fromEntries(differs.map((name) => [name, of(value, name)]));
}
