import { Link, Outlet } from "@tanstack/react-router";
import type { ReactElement } from "react";
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

/** Header and the place where screens appear. */
export function Shell(): ReactElement {
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
            <Link to="/runs">Runs</Link>
          </nav>
        </div>
      </header>
      <main id="main" tabIndex={-1} className={styles["main"]}>
        <Outlet />
      </main>
    </>
  );
}
