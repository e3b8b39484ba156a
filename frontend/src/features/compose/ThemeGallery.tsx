import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import type { ThemeOut } from "@/api/types";
import { Choice } from "@/components/Field";
import { usePictureUrl } from "@/components/usePictureUrl";
import { AUTO_THEME } from "./draft";
import styles from "./ThemeGallery.module.css";
import { useThemes, wordsOf } from "./useThemes";

interface Props {
  chosen: string;
  error: string | undefined;
  onChange: (theme: string) => void;
}

/** Two letters in the theme's own colours, where there is no picture of it. */
function Swatch({ colours, letters }: { colours: ThemeOut["colours"]; letters: string }): ReactElement {
  return (
    <span
      className={styles["picture"]}
      style={{ background: colours["page"], color: colours["heading"] ?? colours["ink"] }}
      aria-hidden="true"
    >
      {letters}
    </span>
  );
}

function Preview({ theme, url }: { theme: ThemeOut; url: string }): ReactElement {
  const [failed, setFailed] = useState(false);
  const onError = (): void => {
    setFailed(true);
  };
  const { src } = usePictureUrl({ url, tries: 0, wanted: true, queued: false, onError });
  if (failed || src === null) return <Swatch colours={theme.colours} letters="Aa" />;
  return <img className={styles["picture"]} src={src} alt="" loading="lazy" onError={onError} />;
}

/** How the slides may look: pictures to choose from. */
export function ThemeGallery({ chosen, error, onChange }: Props): ReactElement {
  const themes = useThemes();
  return (
    <div className={styles["gallery"]}>
      <Choice
        legend={t`Theme`}
        name="theme"
        type="radio"
        options={[
          {
            value: AUTO_THEME,
            hint: t`The theme that the text names in its front matter, else Paper`,
            label: (
              <span className={styles["theme"]}>
                <Swatch colours={{}} letters="✦" />
                {t`As the text says`}
              </span>
            ),
          },
          ...themes.map((theme) => ({
            value: theme.name,
            hint: wordsOf(theme),
            label: (
              <span className={styles["theme"]}>
                {theme.preview_url === null ? (
                  <Swatch colours={theme.colours} letters="Aa" />
                ) : (
                  <Preview theme={theme} url={theme.preview_url} />
                )}
                {theme.label}
              </span>
            ),
          })),
        ]}
        chosen={[chosen]}
        error={error}
        onChange={onChange}
      />
    </div>
  );
}
