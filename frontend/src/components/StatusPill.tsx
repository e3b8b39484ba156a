import type { ReactElement } from "react";
import type { RunStatus } from "@/api/types";
import styles from "./StatusPill.module.css";

const words: Record<RunStatus, string> = {
  queued: "Waiting",
  running: "Running",
  complete: "Complete",
  error: "Failed",
  cancelled: "Cancelled",
};

export function StatusPill({ status }: { status: RunStatus }): ReactElement {
  return <span className={`${styles["pill"] ?? ""} ${styles[status] ?? ""}`}>{words[status]}</span>;
}
