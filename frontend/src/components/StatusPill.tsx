import type { ReactElement } from "react";
import { statusNames } from "@/api/choices";
import type { RunStatus } from "@/api/types";
import { Icon, type IconName } from "./Icon";
import styles from "./StatusPill.module.css";
import { say } from "@/lib/language";

const icons: Readonly<Record<RunStatus, IconName>> = {
  queued: "clock",
  running: "play",
  complete: "check",
  error: "alert",
  cancelled: "stop",
};

/** By colour, word and picture. `stale`: this is how it stood when the server was last heard; nothing is said to be going on. */
export function StatusPill({ status, stale = false }: { status: RunStatus; stale?: boolean }): ReactElement {
  return (
    <span className={`${styles["pill"] ?? ""} ${styles[status] ?? ""}`} data-stale={stale}>
      <Icon name={icons[status]} />
      {say(statusNames[status])}
    </span>
  );
}
