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

interface Props {
  filling: Filling;
  filled: Filled | null;
  draft: Draft;
  onBringBack: () => void;
  onChange: (change: Partial<Draft>) => void;
}

/** Where the text on this screen comes from, and the way back to what was there before. */
export function FilledNotice({ filling, filled, draft, onBringBack, onChange }: Props): ReactElement | null {
  if (filling.state === "asking") return <p role="status">Fetching what that run was made from …</p>;
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
      title={filled === null ? "Options of an earlier run" : "The text of an earlier run"}
      actions={
        <>
          {filled !== null && (
            <Button onClick={onBringBack}>
              {filled.before === null ? "Close" : "Bring back what was here"}
            </Button>
          )}
          {words.length > 0 && <Button onClick={leaveOut}>Leave out what is not shown</Button>}
        </>
      }
    >
      {filled !== null && (
        <p>
          This is what{" "}
          <Link href={runUrl(filled.operationId)}>
            <bdi>{filled.title}</bdi>
          </Link>{" "}
          was made from, with its options. Change what you like and press Generate: that is a new run, the
          earlier one stays as it is.
        </p>
      )}
      {words.length > 0 && <p>Also as it was, though this page does not show it: {words.join(", ")}.</p>}
    </Notice>
  );
}

function NotFetched({ filling }: { filling: Extract<Filling, { state: "refused" }> }): ReactElement {
  return (
    <Notice
      tone="bad"
      role="alert"
      title="What that run was made from did not come"
      actions={
        <>
          <Button onClick={filling.again}>Try again</Button>
          <Link href="/" className={buttonClass()}>
            Go on with what is here
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
      const count = Object.keys(value).length;
      return `${name.replaceAll("_", " ")} (${String(count)} ${count === 1 ? "file" : "files"})`;
    }
    const text = String(value);
    const shown = text.length > LONGEST ? `(${text.length.toLocaleString("en")} characters)` : text;
    return `${name.replaceAll("_", " ")} ${shown.includes(" ") && shown === text ? `“${text}”` : shown}`;
  });
}
