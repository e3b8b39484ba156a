import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { chooseLanguage, chosenLanguage, type Language, LANGUAGES } from "@/lib/language";
import styles from "./Shell.module.css";

/** At the foot of every screen: in which language the page speaks. Whoever cannot read it finds their own by its name. */
export function LanguageChoice(): ReactElement {
  const [chosen, setChosen] = useState(chosenLanguage);
  const [refusal, setRefusal] = useState<string | null>(null);
  const choose = async (language: Language | null): Promise<void> => {
    try {
      await chooseLanguage(language);
      setChosen(language);
    } catch {
      setRefusal(t`The words of this language did not come. Check that you are online, then try again.`);
    }
  };
  return (
    <div className={styles["language"]}>
      <Icon name="globe" />
      <select
        aria-label={t`Language`}
        value={chosen ?? ""}
        onChange={({ target }) => {
          void choose(target.value === "" ? null : (target.value as Language));
        }}
      >
        <option value="">{t`As the browser is set`}</option>
        {Object.entries(LANGUAGES).map(([language, name]) => (
          <option key={language} value={language} lang={language}>
            {name}
          </option>
        ))}
      </select>
      <RefusalText text={refusal} />
    </div>
  );
}
