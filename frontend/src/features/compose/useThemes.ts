import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/api/client";
import { THEMES } from "@/api/tables.gen";
import type { ThemeOut } from "@/api/types";

const BUILT_IN: readonly ThemeOut[] = THEMES.map((theme) => ({ ...theme, preview_url: null }));

/** The themes of this server; until it has answered, or if it is too old to, those that this page knows. */
export function useThemes(): readonly ThemeOut[] {
  const { data } = useQuery({
    queryKey: ["themes"],
    queryFn: async ({ signal }) =>
      (await getJson<{ themes?: ThemeOut[] }>("/themes", signal)).themes ?? BUILT_IN,
    staleTime: Infinity,
    retry: false,
  });
  return data ?? BUILT_IN;
}
