import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Link, useLocation } from "wouter";
import { runUrl } from "@/api/runs";
import { buttonClass } from "@/components/Button";
import { decoded, queryOf } from "@/lib/paths";
import { commandKey } from "@/lib/platform";
import { useDocumentTitle } from "@/lib/useDocumentTitle";
import styles from "./NotFoundRoute.module.css";
import { Trans } from "@lingui/react/macro";

const RUN_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** No screen has this address: what may have been meant, and where to go on. */
export function NotFoundRoute(): ReactElement {
  useDocumentTitle(t`Not found`);
  const [path] = useLocation();
  const run = RUN_ID.exec(path)?.[0];
  const words = decoded(path)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "" && word !== "runs");
  return (
    <section className={styles["page"]}>
      <p className={styles["number"]}>404</p>
      <h1>{t`There is no such page`}</h1>
      <p>
        <Trans>
          <code dir="ltr">{decoded(path)}</code> leads nowhere: it may be mistyped, or what it named has been
          removed.
        </Trans>
      </p>
      <ul className={styles["ways"]}>
        {run !== undefined && (
          <li>
            <Link href={runUrl(run.toLowerCase())}>{t`The run that it names`}</Link>
          </li>
        )}
        {run === undefined && words.length > 0 && (
          <li>
            <Link href={`/runs${queryOf({ q: words.join(" ") })}`}>{t`Runs about “${words.join(" ")}”`}</Link>
          </li>
        )}
        <li>
          <Trans>
            <a href="/docs">The description of the API</a>, for addresses that programs ask
          </Trans>
        </li>
        <li>
          <Trans>
            <bdi dir="ltr">
              <kbd>{commandKey}</kbd> <kbd>K</kbd>
            </bdi>{" "}
            finds pages and runs from anywhere
          </Trans>
        </li>
      </ul>
      <p className={styles["actions"]}>
        <Link href="/" className={buttonClass("primary")}>
          {t`Start something new`}
        </Link>
        <Link href="/runs" className={buttonClass()}>
          {t`Look through the runs`}
        </Link>
      </p>
    </section>
  );
}
