import { msg, t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { refusalTitle, whenAgain } from "@/api/problems";
import type { FieldProblem, Problem } from "@/api/types";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { ServerWords } from "@/components/ServerWords";
import { say, type Words } from "@/lib/language";
import { draftField } from "./draft";

/** Problems of fields on this screen stand at the fields; the others are listed here. */
export function WrongFields({ errors }: { errors: FieldProblem[] }): ReactElement {
  const elsewhere = errors.filter(({ field }) => draftField(field) === undefined);
  return (
    <Notice tone="bad" role="alert" title={t`Something here is not valid`}>
      {elsewhere.length === 0 ? (
        <p>{t`Mend the marked fields and press Generate again.`}</p>
      ) : (
        <ul>
          {elsewhere.map(({ field, problem, valid }) => (
            <li key={field}>
              <code>{field}</code>: <bdi lang="en">{problem}</bdi> {valid !== "" && t`Valid: ${valid}`}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

const advice: Readonly<Record<number, Words>> = {
  401: msg`Enter a token, then try again. Your text stays here.`,
  413: msg`Shorten the text, or split it into several runs.`,
  415: msg`Reload this page: it may be older than the server.`,
  421: msg`Open this page under the address that the server was started with, or allow this one in PRESSRUN_ALLOWED_HOSTS.`,
  429: msg`Wait a moment, then try again.`,
  503: msg`The server is busy or restarting. Your text stays here.`,
  507: msg`Free some space on the server's disk: delete runs that nobody needs. Your text stays here.`,
};

interface Props {
  problem: Problem;
  onAgain: () => void;
  onDismiss: () => void;
}

/** What the server said, and what to do about it. */
export function Refused({ problem, onAgain, onDismiss }: Props): ReactElement {
  const again = whenAgain(problem);
  const what = advice[problem.status];
  return (
    <Notice
      tone="bad"
      role="alert"
      title={refusalTitle(problem)}
      actions={
        <>
          <Button onClick={onAgain}>{t`Try again`}</Button>
          <Button onClick={onDismiss}>{t`Close`}</Button>
        </>
      }
    >
      <ServerWords text={problem.detail} />
      {what !== undefined && <p>{say(what)}</p>}
      {again !== null && <p>{again}</p>}
    </Notice>
  );
}
