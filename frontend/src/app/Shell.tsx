import { t } from "@lingui/core/macro";
import { type ReactElement, Suspense } from "react";
import { Link, useLocation } from "wouter";
import { laterCode } from "@/lib/laterCode";
import { useAccess } from "@/components/useAccess";
import { Keys } from "@/features/palette/Keys";
import { lastSearch } from "@/features/library/lastSearch";
import { queryOf } from "@/lib/paths";
import { Screens } from "./Screens";
import styles from "./Shell.module.css";
import { LanguageChoice } from "./LanguageChoice";
import { SchemeChoice } from "./SchemeChoice";

// Their code comes to a server that asks for a token.
const TokenCard = laterCode(async () => (await import("@/features/access/TokenCard")).TokenCard);
const SignOutButton = laterCode(async () => (await import("@/features/access/TokenCard")).SignOutButton);

function Mark(): ReactElement {
  return (
    <svg className={styles["mark"]} viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="11" r="8" />
      <circle cx="11" cy="20" r="8" />
      <circle cx="21" cy="20" r="8" />
    </svg>
  );
}

/** The screen; out of sight, but kept, while the server asks for a token; gone once somebody has signed out. */
function Screen(): ReactElement {
  const { wanted } = useAccess();
  return (
    <>
      <Suspense fallback={null}>{wanted !== null && <TokenCard wanted={wanted} />}</Suspense>
      {wanted !== "signed_out" && (
        <div className={styles["screen"]} hidden={wanted !== null}>
          <Screens />
        </div>
      )}
    </>
  );
}

/** Header and the place where screens appear. */
export function Shell(): ReactElement {
  const { token, wanted } = useAccess();
  const [path] = useLocation();
  const runs = `/runs${queryOf(lastSearch())}`; // as they were chosen last; read anew with each screen
  const current = (isCurrent: boolean) => (isCurrent ? "page" : undefined);
  return (
    <>
      <a className={styles["skip"]} href="#main">
        {t`Skip to the content`}
      </a>
      <header className={styles["header"]}>
        <div className={styles["bar"]}>
          <Link href="/" className={styles["brand"]}>
            <Mark />
            Pressrun
          </Link>
          <nav aria-label={t`Main`} className={styles["nav"]}>
            <Link href="/" aria-current={current(path === "/")}>
              {t`New`}
            </Link>
            <Link href={runs} aria-current={current(/^\/runs(\/|$)/.test(path))}>
              {t`Runs`}
            </Link>
            <Link href="/system" className={styles["wide"]} aria-current={current(path === "/system")}>
              {t`Server`}
            </Link>
            {wanted === null && <Keys />}
            <Suspense fallback={null}>{token !== null && wanted === null && <SignOutButton />}</Suspense>
          </nav>
        </div>
      </header>
      <main id="main" tabIndex={-1} className={styles["main"]}>
        <Screen />
      </main>
      <footer className={styles["footer"]}>
        <LanguageChoice />
        <SchemeChoice />
      </footer>
    </>
  );
}
