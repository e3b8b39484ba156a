import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { browserTrouble } from "@/api/system";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import styles from "./ComposeScreen.module.css";
import { Trans } from "@lingui/react/macro";
import { ServerWords } from "@/components/ServerWords";

/** Says before anybody writes that there can be no pictures. Nothing where there can be, or where nobody knows. */
export function NoBrowser(): ReactElement | null {
  const { data, refetch, isFetching } = useQuery({
    queryKey: ["readiness"],
    queryFn: ({ signal }) => browserTrouble(signal),
    retry: false,
    staleTime: 60_000, // it opens a page in a browser
  });
  if (data === undefined || data === null) return null;
  return (
    <div className={styles["refusal"]}>
      <Notice
        tone="warning"
        role="status"
        title={t`This server can make no pictures just now`}
        actions={
          <Button disabled={isFetching} onClick={() => void refetch()}>
            {isFetching ? t`Looking …` : t`Look again`}
          </Button>
        }
      >
        <ServerWords text={data} />
        <p>
          <Trans>
            What you write here is kept. Whoever runs the server installs a browser by{" "}
            <code dir="ltr">pressrun install-browser</code>, or finds under <Link href="/system">Server</Link>{" "}
            what is wrong.
          </Trans>
        </p>
      </Notice>
    </div>
  );
}
