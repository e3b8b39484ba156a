import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { explain } from "@/api/problems";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import styles from "./Library.module.css";

export function NotLoaded({ error, onAgain }: { error: Error; onAgain: () => void }): ReactElement {
  return (
    <Notice
      tone="bad"
      role="alert"
      title={t`The list of runs could not be loaded`}
      actions={<Button onClick={onAgain}>{t`Try again`}</Button>}
    >
      <p>{explain(error)}</p>
    </Notice>
  );
}

export function Loading(): ReactElement {
  return <p className={styles["empty"]}>{t`Loading …`}</p>;
}

export function NothingYet(): ReactElement {
  return <p className={styles["empty"]}>{t`Nothing has been made yet. What you generate shows up here.`}</p>;
}
