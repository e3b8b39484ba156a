import { Link, Outlet } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { useAccess } from "@/components/useAccess";
import { SignOutButton, TokenCard } from "@/features/access/TokenCard";
import styles from "./Shell.module.css";

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
      {wanted !== null && <TokenCard wanted={wanted} />}
      {wanted !== "signed_out" && (
        <div className={styles["screen"]} hidden={wanted !== null}>
          <Outlet />
        </div>
      )}
    </>
  );
}

/** Header and the place where screens appear. */
export function Shell(): ReactElement {
  const { token, wanted } = useAccess();
  return (
    <>
      <a className={styles["skip"]} href="#main">
        Skip to the content
      </a>
      <header className={styles["header"]}>
        <div className={styles["bar"]}>
          <Link to="/" className={styles["brand"]} activeProps={{}}>
            <Mark />
            Pressrun
          </Link>
          <nav aria-label="Main" className={styles["nav"]}>
            <Link to="/" activeOptions={{ exact: true }}>
              New
            </Link>
            <Link to="/runs" activeOptions={{ includeSearch: false }}>
              Runs
            </Link>
            {token !== null && wanted === null && <SignOutButton />}
          </nav>
        </div>
      </header>
      <main id="main" tabIndex={-1} className={styles["main"]}>
        <Screen />
      </main>
    </>
  );
}
