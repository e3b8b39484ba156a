import { msg, t } from "@lingui/core/macro";
import { lazy, type ReactElement, Suspense } from "react";
import { isLanePaused, whenAgain, refusalTitle } from "@/api/problems";
import type { FieldProblem, Problem } from "@/api/types";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { draftField } from "./draft";
import type { GenerateState } from "./useGenerate";
import { say, type Words } from "@/lib/language";
import { ServerWords } from "@/components/ServerWords";

// Their code comes when the server has refused: it is there then, to be asked for it.
const BusyCard = lazy(async () => ({ default: (await import("./BusyCard")).BusyCard }));
const PausedCard = lazy(async () => ({ default: (await import("./PausedCard")).PausedCard }));

interface Props {
  state: GenerateState;
  onAgain: () => void;
  /** The same again, but behind whoever is in the way, or in its place. */
  onQueue: (how?: "queue" | "replace") => void;
  onDismiss: () => void;
}

/** Why nothing was started, and what to do about it. */
export function Refusal({ state, onAgain, onQueue, onDismiss }: Props): ReactElement | null {
  if (state.state === "unanswered") return <Unanswered onAgain={onAgain} />;
  if (state.state !== "refused") return null;
  const { problem } = state.error;
  const card = isLanePaused(problem) ? (
    <PausedCard key={problem.paused_at} {...{ problem, onAgain, onQueue, onDismiss }} />
  ) : problem.status === 409 ? (
    <BusyCard {...{ problem, onAgain, onQueue, onDismiss }} request={state.request} />
  ) : null;
  if (card !== null) return <Suspense fallback={null}>{card}</Suspense>;
  if (problem.status === 422 && problem.errors != null) return <WrongFields errors={problem.errors} />;
  return <Refused {...{ problem, onAgain, onDismiss }} />;
}

function Unanswered({ onAgain }: { onAgain: () => void }): ReactElement {
  return (
    <Notice
      tone="bad"
      role="alert"
      title={t`The server does not answer`}
      actions={
        <Button tone="primary" onClick={onAgain}>
          {t`Try again`}
        </Button>
      }
    >
      <p>
        {t`Check that it is running and that you are online. Trying again is safe: it cannot start the same run twice.`}
      </p>
    </Notice>
  );
}

/** Problems of fields on this screen stand at the fields; the others are listed here. */
function WrongFields({ errors }: { errors: FieldProblem[] }): ReactElement {
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

function Refused({
  problem,
  onAgain,
  onDismiss,
}: Omit<Props, "state" | "onQueue"> & { problem: Problem }): ReactElement {
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
