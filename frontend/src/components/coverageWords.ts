/** How much of a text is on the slides, in words. Pure. */
import { plural, t } from "@lingui/core/macro";
import type { Coverage } from "@/api/types";
import { language, locale } from "@/lib/language";

const EXAMPLES = 3; // as many as fit into a sentence

/** The server's own sentence where English is spoken; elsewhere the same figures, and the first examples. */
export function coverageWords(coverage: Coverage): string {
  if (language() === "en") return coverage.summary ?? "";
  const { words, words_missing = 0, missing = [], share } = coverage;
  const { pictures = 0, pictures_missing = 0, missing_pictures = [] } = coverage;
  const amount = plural(words, { one: "# word", other: "# words" });
  const drawn = plural(pictures, { one: "# picture", other: "# pictures" });
  if (words_missing === 0 && pictures_missing === 0)
    return pictures === 0
      ? t`On the slides: all of ${amount}.`
      : t`On the slides: all of ${amount} and ${drawn}.`;
  const shown = new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 2 }).format(share);
  const texts = missing.map(({ text }) => t`“${text}”`).slice(0, EXAMPLES);
  const names = missing_pictures.map(({ alt }) => (alt ? t`“${alt}”` : t`without a name`)).slice(0, EXAMPLES);
  const named = names.join(t`, `);
  return [
    words_missing > 0 && t`${shown} of ${amount} are on the slides. Missing: ${texts.join(t`, `)}.`,
    pictures_missing > 0 &&
      plural(pictures_missing, {
        one: `# picture is on no slide: ${named}.`,
        other: `# pictures are on no slide: ${named}.`,
      }),
  ]
    .filter((sentence) => sentence !== false)
    .join(" ");
}
