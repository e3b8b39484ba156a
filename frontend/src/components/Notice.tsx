import type { ReactElement, ReactNode } from "react";
import { Icon, type IconName } from "./Icon";
import styles from "./Notice.module.css";

export type Tone = "info" | "good" | "warning" | "bad";

const icons: Record<Tone, IconName> = { info: "file", good: "check", warning: "alert", bad: "alert" };

interface Props {
  tone: Tone;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  /** The heading's rank: 1 where the notice is all that the screen shows. */
  level?: 1 | 2;
  /** Said at once by a screen reader (`alert`), or when it is next silent (`status`). */
  role?: "alert" | "status";
}

/** Something a person has to know: what happened, and what to do next. */
export function Notice({ tone, title, children, actions, level = 2, role }: Props): ReactElement {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <section className={`${styles["notice"] ?? ""} ${styles[tone] ?? ""}`} role={role} aria-label={title}>
      <span className={styles["icon"]}>
        <Icon name={icons[tone]} />
      </span>
      <div className={styles["body"]}>
        <Heading className={styles["title"]}>{title}</Heading>
        {children}
        {actions !== undefined && <div className={styles["actions"]}>{actions}</div>}
      </div>
    </section>
  );
}
