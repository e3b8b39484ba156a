import type { ReactElement } from "react";
import { statusNames } from "@/api/choices";
import type { RunStatus } from "@/api/types";
import styles from "./StatusPill.module.css";

export function StatusPill({ status }: { status: RunStatus }): ReactElement {
  return <span className={`${styles["pill"] ?? ""} ${styles[status] ?? ""}`}>{statusNames[status]}</span>;
}
