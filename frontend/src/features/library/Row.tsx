import { t } from "@lingui/core/macro";
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";
import { runUrl } from "@/api/runs";
import type { Run } from "@/api/types";
import { Icon } from "@/components/Icon";
import { StatusPill } from "@/components/StatusPill";
import { dotted, figure, formatDuration, formatWhen, percent, slideCount, titleOf } from "@/lib/format";
import { FirstSlide } from "./FirstSlide";
import styles from "./Library.module.css";
import { stageWord } from "@/api/choices";

/** What is worth knowing at a glance, in words. */
function summary(run: Run): string {
  if (run.status === "running")
    return dotted(percent(run.progress), run.stage === null ? null : stageWord(run.stage));
  if (run.status === "queued") {
    if (run.paused) return t`held in the queue`;
    return run.queue_position === null ? "" : t`place ${figure(run.queue_position)} in the queue`;
  }
  if (run.status === "error") return run.error?.message ?? "";
  const slides = run.result === null ? null : slideCount(run.result.screenshot_count);
  const took = run.duration_s === null ? null : formatDuration(run.duration_s);
  return dotted(slides, took);
}

interface Props {
  run: Run;
  now: number;
  /** Before the link. */
  choose?: ReactNode;
  /** Buttons beside the link. */
  children?: ReactNode;
}

export function Row({ run, now, choose, children }: Props): ReactElement {
  return (
    <li className={styles["row"]}>
      {choose}
      <Link href={runUrl(run.operation_id)} className={styles["link"]}>
        <FirstSlide run={run} />
        <span className={styles["name"]}>
          {run.pinned && (
            <span className={styles["pin"]}>
              <Icon name="pin" filled />
              <span className="visually-hidden">{t`Pinned:`} </span>
            </span>
          )}
          <span dir="auto">{titleOf(run.title)}</span>
        </span>
        <span className={styles["facts"]}>
          <bdi>{summary(run)}</bdi>
        </span>
        <time className={styles["when"]} dateTime={run.created_at}>
          {formatWhen(run.created_at, now)}
        </time>
        <StatusPill status={run.status} />
      </Link>
      {children !== undefined && <div className={styles["actions"]}>{children}</div>}
    </li>
  );
}
