import { t, plural } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { queryOf } from "@/lib/paths";
import type { Lane, RunStatus } from "@/api/types";
import { PauseLaneButton } from "@/components/PauseLaneButton";
import { useLanes } from "@/components/useLanes";
import { formatWhen, figure } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import styles from "./LaneStrip.module.css";
import { Trans } from "@lingui/react/macro";

/**
 * The lanes with who runs and who waits; nothing while the server does not say. `only`: those that are paused, or not a lone
 * one that is not.
 */
export function LaneStrip({ only }: { only?: "paused" | "several" }): ReactElement | null {
  const { data = [] } = useLanes();
  const all = only === undefined || (only === "several" && data.length > 1);
  const lanes = all ? data : data.filter(({ paused }) => paused);
  if (lanes.length === 0) return null;
  return (
    <section className={styles["lanes"]} aria-labelledby="lanes">
      <h2 id="lanes">{lanes.length === 1 ? t`Lane` : t`Lanes`}</h2>
      <ul>
        {lanes.map((lane) => (
          <LaneRow key={lane.lane} lane={lane} />
        ))}
      </ul>
    </section>
  );
}

function LaneRow({ lane }: { lane: Lane }): ReactElement {
  const now = useNow(10_000);
  return (
    <li className={styles["lane"]} data-paused={lane.paused}>
      <strong>{lane.lane}</strong>
      <span className={styles["facts"]}>
        <Trans>
          <Who lane={lane.lane} status="running" amount={lane.running} /> of {figure(lane.slots)}
        </Trans>
        {" · "}
        <Who lane={lane.lane} status="queued" amount={lane.waiting} />
        {lane.paused && (
          <span className={styles["paused"]}>
            {" · "}
            {lane.paused_at === null
              ? t`paused: nothing begins here`
              : t`paused ${formatWhen(lane.paused_at, now)}: nothing begins here`}
          </span>
        )}
      </span>
      <PauseLaneButton lane={lane} />
    </li>
  );
}

function Who(props: {
  lane: string;
  status: RunStatus & ("running" | "queued");
  amount: number;
}): ReactElement {
  const { lane, status, amount } = props;
  const text =
    status === "running"
      ? plural(amount, { one: "# running", other: "# running" })
      : plural(amount, { one: "# waiting", other: "# waiting" });
  if (amount === 0) return <>{text}</>;
  return <Link href={`/runs${queryOf({ lane, status })}`}>{text}</Link>;
}
