import type { ReactElement } from "react";
import { statusNames } from "@/api/choices";
import type { RunStatus } from "@/api/types";
import styles from "./StatusPill.module.css";

/** `stale`: this is how it stood when the server was last heard; nothing is said to be going on. */
export function StatusPill({ status, stale = false }: { status: RunStatus; stale?: boolean }): ReactElement {
  return (
    <span className={`${styles["pill"] ?? ""} ${styles[status] ?? ""}`} data-stale={stale}>
      {statusNames[status]}
    </span>
  );
}
