import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/api/client";
import { THEMES } from "@/api/tables.gen";
import type { ThemeOut } from "@/api/types";
import { say } from "@/lib/language";

const builtIn = (): readonly ThemeOut[] =>
  THEMES.map((theme) => ({ ...theme, words: say(theme.words), preview_url: null }));

/** What a theme is like, in the words of this page where it knows the theme. */
export function wordsOf({ name, words }: ThemeOut): string {
  const known = THEMES.find((theme) => theme.name === name);
  return known === undefined ? words : say(known.words);
}

/** The themes of this server; until it has answered, or if it is too old to, those that this page knows. */
export function useThemes(): readonly ThemeOut[] {
  const { data } = useQuery({
    queryKey: ["themes"],
    queryFn: async ({ signal }) =>
      (await getJson<{ themes?: ThemeOut[] }>("/themes", signal)).themes ?? builtIn(),
    staleTime: Infinity,
    retry: false,
  });
  return data ?? builtIn();
}
