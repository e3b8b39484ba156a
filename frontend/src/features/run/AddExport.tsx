import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import { OUTPUTS, outputOptions } from "@/api/choices";
import type { Output, RerenderRequest } from "@/api/types";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import styles from "./Files.module.css";
import { InTheWay } from "./RetryButton";
import { useAgain } from "./useAgain";
import { useSpec } from "./useSpec";

/**
 * What a finished run has not, and its document could give. The run stays as it is: a new one has what this has, and that;
 * pictures that are there are not taken again.
 */
export function AddExport({ operationId }: { operationId: string }): ReactElement | null {
  const { data: spec } = useSpec(operationId);
  const { action, start } = useAgain(operationId);
  const [asked, setAsked] = useState<RerenderRequest>({});
  if (spec === undefined) return null;
  const has = new Set<Output>(spec.outputs ?? ["images"]);
  const missing = outputOptions().filter(({ value }) => !has.has(value));
  if (missing.length === 0) return null;
  return (
    <section className={styles["add"]} aria-label={t`Add an export`}>
      <h2>{t`Add an export`}</h2>
      <p>
        {t`Made from the same document as a new run, which has everything that this one has; pictures are not taken again.`}
      </p>
      <div className={styles["choices"]}>
        {missing.map(({ value, label }) => (
          <Button
            key={value}
            disabled={action.busy}
            aria-label={t`Add ${label}`}
            onClick={() => {
              const body = { outputs: OUTPUTS.filter((output) => output === value || has.has(output)) };
              setAsked(body);
              start(body);
            }}
          >
            <Icon name="plus" />
            {label}
          </Button>
        ))}
      </div>
      <InTheWay
        action={action}
        onQueue={() => {
          start({ ...asked, on_busy: "queue" });
        }}
      />
    </section>
  );
}
