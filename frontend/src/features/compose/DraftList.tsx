import { t } from "@lingui/core/macro";
import { type ReactElement, useEffect, useState } from "react";
import { Button } from "@/components/Button";
import { Dialog, DialogActions } from "@/components/Dialog";
import { characterCount, dotted, formatWhen } from "@/lib/format";
import type { Draft } from "./draft";
import styles from "./DraftList.module.css";
import { type KeptDraft, keepDraft, listOthers, readKept, removeKept } from "./draftStore";
import type { Drafts } from "./drafts";
import type { OwnDraft } from "./useDraft";

const LONGEST = 80; // characters: what fits on a line

/** Its title, else its first line with letters in it. */
function nameOf({ title, source }: Draft): string {
  const line = source.split("\n", 200).find((each) => /\p{L}/u.test(each)) ?? source;
  const plain = line.replace(/<[^>]*>/gu, " ").replace(/^[\s#>*-]+/u, "");
  return (title.trim() || plain.trim() || line.trim()).slice(0, LONGEST);
}

/** What was written in other tabs, or before: to go on with, or to delete. */
export function DraftList({ own, onClose }: { own: OwnDraft; onClose: () => void }): ReactElement {
  const [others, setOthers] = useState<readonly KeptDraft[] | null>(null);
  const [removed, setRemoved] = useState<{ other: KeptDraft; drafts: Drafts } | null>(null);
  const [asked, setAsked] = useState(0); // looked again after each change
  const [now] = useState(() => Date.now());
  useEffect(() => {
    let gone = false;
    const look = async (): Promise<void> => {
      const found = await listOthers(own.id);
      if (!gone) setOthers(found);
    };
    void look();
    return () => {
      gone = true;
    };
  }, [own.id, asked]);
  const again = (): void => {
    setAsked((before) => before + 1);
  };
  const takeUp = async ({ id }: KeptDraft): Promise<void> => {
    if (await own.takeUp(id)) onClose();
    else again(); // another tab was quicker
  };
  const remove = (other: KeptDraft): void => {
    const drafts = readKept(other.id);
    removeKept(other.id);
    setRemoved(drafts === undefined ? null : { other, drafts });
    again();
  };
  return (
    <Dialog title={t`Other drafts`} onClose={onClose}>
      {others?.length === 0 && <p>{t`No other text is kept in this browser.`}</p>}
      {others !== null && others.length > 0 && (
        <ul className={styles["list"]}>
          {others.map((other) => (
            <Entry
              key={other.id}
              other={other}
              now={now}
              onTakeUp={() => void takeUp(other)}
              onRemove={() => {
                remove(other);
              }}
            />
          ))}
        </ul>
      )}
      {removed !== null && (
        <p className={styles["undo"]} role="status">
          {t`“${nameOf(removed.other.draft)}” is deleted.`}
          <Button
            onClick={() => {
              keepDraft(removed.other.id, removed.drafts, removed.other.at);
              setRemoved(null);
              again();
            }}
          >
            {t`Bring it back`}
          </Button>
        </p>
      )}
      <DialogActions>
        <Button autoFocus onClick={onClose}>
          {t`Close`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

interface EntryProps {
  other: KeptDraft;
  now: number;
  onTakeUp: () => void;
  onRemove: () => void;
}

function Entry({ other, now, onTakeUp, onRemove }: EntryProps): ReactElement {
  const { draft, at, elsewhere } = other;
  const name = nameOf(draft);
  return (
    <li>
      <span className={styles["name"]}>
        <strong dir="auto">{name}</strong>
        <small>
          {dotted(
            characterCount(draft.source.length),
            elsewhere ? t`open in another tab` : formatWhen(new Date(at).toISOString(), now),
          )}
        </small>
      </span>
      <Button disabled={elsewhere} aria-label={t`Go on with ${name}`} onClick={onTakeUp}>
        {t`Go on`}
      </Button>
      <Button disabled={elsewhere} aria-label={t`Delete ${name}`} onClick={onRemove}>
        {t`Delete`}
      </Button>
    </li>
  );
}
