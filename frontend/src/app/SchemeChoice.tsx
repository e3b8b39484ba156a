import { msg, t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import { say, type Words } from "@/lib/language";
import { chooseScheme, chosenScheme, type Scheme, SCHEMES } from "@/lib/scheme";
import styles from "./Shell.module.css";

const names: Readonly<Record<Scheme, Words>> = { light: msg`Light`, dark: msg`Dark` };

/** Beside the language: whether the page is light or dark. */
export function SchemeChoice(): ReactElement {
  const [chosen, setChosen] = useState(chosenScheme);
  return (
    <div className={styles["language"]}>
      <select
        aria-label={t`Colours`}
        value={chosen ?? ""}
        onChange={({ target }) => {
          const scheme = SCHEMES.find((each) => each === target.value) ?? null;
          chooseScheme(scheme);
          setChosen(scheme);
        }}
      >
        <option value="">{t`Light or dark as the system is set`}</option>
        {SCHEMES.map((scheme) => (
          <option key={scheme} value={scheme}>
            {say(names[scheme])}
          </option>
        ))}
      </select>
    </div>
  );
}
