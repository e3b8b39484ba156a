import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { runUrl } from "@/api/runs";
import { AS_IT_WAS } from "@/api/choices";
import { explain } from "@/api/problems";
import { Button, buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { type Draft, emptyDraft, hiddenOptions } from "./draft";
import type { Filled } from "./drafts";
import type { Filling } from "./useFilling";
import { Trans } from "@lingui/react/macro";
import { characterCount, fileCount } from "@/lib/format";

interface Props {
  filling: Filling;
  filled: Filled | null;
  draft: Draft;
  onBringBack: () => void;
  onChange: (change: Partial<Draft>) => void;
}

/** Where the text on this screen comes from, and the way back to what was there before. */
export function FilledNotice({ filling, filled, draft, onBringBack, onChange }: Props): ReactElement | null {
  if (filling.state === "asking") return <p role="status">{t`Fetching what that run was made from …`}</p>;
  if (filling.state === "refused") return <NotFetched filling={filling} />;
  const words = inWords(draft);
  if (filled === null && words.length === 0) return null;
  const leaveOut = (): void => {
    const hidden = new Set(hiddenOptions(draft.more).map(([name]) => name));
    const more = Object.fromEntries(Object.entries(draft.more).filter(([name]) => !hidden.has(name)));
    onChange({ more, size: draft.size === AS_IT_WAS ? emptyDraft.size : draft.size });
  };
  return (
    <Notice
      tone="info"
      role="status"
      title={filled === null ? t`Options of an earlier run` : t`The text of an earlier run`}
      actions={
        <>
          {filled !== null && (
            <Button onClick={onBringBack}>
              {filled.before === null ? t`Close` : t`Bring back what was here`}
            </Button>
          )}
          {words.length > 0 && <Button onClick={leaveOut}>{t`Leave out what is not shown`}</Button>}
        </>
      }
    >
      {filled !== null && (
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
      )}
      {words.length > 0 && (
        <p>{t`Also as it was, though this page does not show it: ${words.join(t`, `)}.`}</p>
      )}
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

const LONGEST = 40; // characters: beyond it how many there are says more

/** Not the size, which stands among the options. */
function inWords({ more }: Draft): string[] {
  return hiddenOptions(more).map(([name, value]) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return `${name.replaceAll("_", " ")} (${fileCount(Object.keys(value).length)})`;
    }
    const text = String(value);
    const shown = text.length > LONGEST ? `(${characterCount(text.length)})` : text;
    return `${name.replaceAll("_", " ")} ${shown.includes(" ") && shown === text ? `“${text}”` : shown}`;
  });
}
