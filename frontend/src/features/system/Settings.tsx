import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import type { System } from "@/api/types";
import { SearchField } from "@/components/SearchField";
import styles from "./System.module.css";

/** Every setting in force and where it was set: what somebody set comes first. */
export function Settings({ settings }: Pick<System, "settings">): ReactElement {
  const [wanted, setWanted] = useState("");
  const [all, setAll] = useState(false);
  const typed = wanted.trim().toLowerCase();
  const shown = settings.filter(({ name, source }) =>
    typed === "" ? all || source !== "default" : name.toLowerCase().includes(typed.replaceAll(" ", "_")),
  );
  return (
    <section className={styles["card"]} aria-label={t`Settings in force`}>
      <h2>{t`Settings in force`}</h2>
      <div className={styles["find"]}>
        <SearchField label={t`Search settings`} value={wanted} onChange={setWanted} />
        <label className={styles["all"]}>
          <input
            type="checkbox"
            checked={all}
            onChange={({ target }) => {
              setAll(target.checked);
            }}
          />
          {t`Also those at their default`}
        </label>
      </div>
      {shown.length === 0 ? (
        <p>
          {typed === "" ? t`Nothing was set: all are at their defaults.` : t`No setting has such a name.`}
        </p>
      ) : (
        <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={t`Table of settings`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t`Setting`}</th>
                <th scope="col">{t`Value`}</th>
                <th scope="col">{t`From`}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ name, value, source }) => (
                <tr key={name}>
                  <th scope="row">
                    <code>{name}</code>
                  </th>
                  <td>{value === "" ? "—" : value}</td>
                  <td>{source}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
