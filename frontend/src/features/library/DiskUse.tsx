import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { previewRetention } from "@/api/runs";
import { formatBytes, runCount } from "@/lib/format";
import styles from "./Library.module.css";

/** What ended runs take on the server's disk, and what goes next. Nothing for who may not know it. */
export function DiskUse(): ReactElement | null {
  const { data } = useQuery({
    queryKey: ["retention"],
    queryFn: ({ signal }) => previewRetention(signal),
    retry: false, // refused to all but those with the scope `admin`
    staleTime: 60_000,
  });
  if (data === undefined) return null;
  const { used_bytes, freed_bytes, runs, more } = data;
  return (
    <p className={styles["facts"]}>
      {t`The files of all ended runs take ${formatBytes(used_bytes)}.`}{" "}
      {runs.length === 0
        ? t`Retention removes none of them now.`
        : more
          ? t`The next sweep of retention, within the hour, removes ${runCount(runs.length)} and more (${formatBytes(freed_bytes)}); pinned ones stay.`
          : t`The next sweep of retention, within the hour, removes ${runCount(runs.length)} (${formatBytes(freed_bytes)}); pinned ones stay.`}
    </p>
  );
}
