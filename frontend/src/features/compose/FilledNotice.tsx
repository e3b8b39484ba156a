import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { runUrl } from "@/api/runs";
import { explain } from "@/api/problems";
import { Button, buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import type { Filled } from "./drafts";
import type { Filling } from "./useFilling";
import { Trans } from "@lingui/react/macro";

interface Props {
  filling: Filling;
  filled: Filled | null;
  onBringBack: () => void;
}

/** Where the text on this screen comes from, and the way back to what was there before. */
export function FilledNotice({ filling, filled, onBringBack }: Props): ReactElement | null {
  if (filling.state === "asking") return <p role="status">{t`Fetching what that run was made from …`}</p>;
  if (filling.state === "refused") return <NotFetched filling={filling} />;
  if (filled === null) return null;
  return (
    <Notice
      tone="info"
      role="status"
      title={t`The text of an earlier run`}
      actions={
        <Button onClick={onBringBack}>
          {filled.before === null ? t`Close` : t`Bring back what was here`}
        </Button>
      }
    >
      <p>
        <Trans>
          This is what{" "}
          <Link href={runUrl(filled.operationId)}>
            <bdi>{filled.title}</bdi>
          </Link>{" "}
          was made from, with its options. Change what you like and press Generate: that is a new run, the
          earlier one stays as it is.
        </Trans>
      </p>
    </Notice>
  );
}

function NotFetched({ filling }: { filling: Extract<Filling, { state: "refused" }> }): ReactElement {
  return (
    <Notice
      tone="bad"
      role="alert"
      title={t`What that run was made from did not come`}
      actions={
        <>
          <Button onClick={filling.again}>{t`Try again`}</Button>
          <Link href="/" className={buttonClass()}>
            {t`Go on with what is here`}
          </Link>
        </>
      }
    >
      <p>{explain(filling.error)}</p>
    </Notice>
  );
}
