import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { browserTrouble } from "@/api/system";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import styles from "./ComposeScreen.module.css";

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
        title="This server can make no pictures just now"
        actions={
          <Button disabled={isFetching} onClick={() => void refetch()}>
            {isFetching ? "Looking …" : "Look again"}
          </Button>
        }
      >
        <p>{data}</p>
        <p>
          What you write here is kept. Whoever runs the server installs a browser by{" "}
          <code>pressrun install-browser</code>, or finds under <Link href="/system">Server</Link> what is
          wrong.
        </p>
      </Notice>
    </div>
  );
}
