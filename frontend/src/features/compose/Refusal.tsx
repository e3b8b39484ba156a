import type { ReactElement } from "react";
import type { FieldProblem, Problem } from "@/api/types";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { BusyCard } from "./BusyCard";
import { draftField } from "./draft";
import type { GenerateState } from "./useGenerate";

interface Props {
  state: GenerateState;
  onAgain: () => void;
  /** The same again, but behind whoever is in the way. */
  onQueue: () => void;
  onDismiss: () => void;
}

/** Why nothing was started, and what to do about it. */
export function Refusal({ state, onAgain, onQueue, onDismiss }: Props): ReactElement | null {
  if (state.state === "unanswered") return <Unanswered onAgain={onAgain} />;
  if (state.state !== "refused") return null;
  const { problem } = state.error;
  if (problem.status === 409) return <BusyCard {...{ problem, onAgain, onQueue, onDismiss }} />;
  if (problem.status === 422 && problem.errors != null) return <WrongFields errors={problem.errors} />;
  return <Refused {...{ problem, onAgain, onQueue, onDismiss }} />;
}

function Unanswered({ onAgain }: { onAgain: () => void }): ReactElement {
  return (
    <Notice
      tone="bad"
      role="alert"
      title="The server does not answer"
      actions={
        <Button tone="primary" onClick={onAgain}>
          Try again
        </Button>
      }
    >
      <p>
        Check that it is running and that you are online. Trying again is safe: it cannot start the same run
        twice.
      </p>
    </Notice>
  );
}

/** Problems of fields on this screen stand at the fields; the others are listed here. */
function WrongFields({ errors }: { errors: FieldProblem[] }): ReactElement {
  const elsewhere = errors.filter(({ field }) => draftField(field) === undefined);
  return (
    <Notice tone="bad" role="alert" title="Something here is not valid">
      {elsewhere.length === 0 ? (
        <p>Mend the marked fields and press Generate again.</p>
      ) : (
        <ul>
          {elsewhere.map(({ field, problem, valid }) => (
            <li key={field}>
              <code>{field}</code>: {problem} {valid !== "" && `Valid: ${valid}`}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

const advice: Readonly<Record<number, string>> = {
  401: "Enter a token, then try again. Your text stays here.",
  413: "Shorten the text, or split it into several runs.",
  415: "Reload this page: it may be older than the server.",
  421: "Open this page under the address that the server was started with, or allow this one in PRESSRUN_ALLOWED_HOSTS.",
  429: "Wait a moment, then try again.",
  503: "The server is busy or restarting. Your text stays here.",
  507: "Free some space on the server's disk: delete runs that nobody needs. Your text stays here.",
};

const adviceByCode: Readonly<Record<string, string>> = {
  lane_paused:
    "Resume the lane (further down on this page), or wait until somebody does. Your text stays here.",
};

const adviceFor = ({ status, code = "" }: Problem): string | undefined =>
  adviceByCode[code] ?? advice[status];

function Refused({
  problem,
  onAgain,
  onQueue,
  onDismiss,
}: Omit<Props, "state"> & { problem: Problem }): ReactElement {
  const wait = problem.retry_after_s;
  const what = adviceFor(problem);
  return (
    <Notice
      tone="bad"
      role="alert"
      title={problem.title}
      actions={
        <>
          {problem.code === "lane_paused" && <Button onClick={onQueue}>Wait in the line</Button>}
          <Button onClick={onAgain}>Try again</Button>
          <Button onClick={onDismiss}>Close</Button>
        </>
      }
    >
      <p>{problem.detail}</p>
      {what !== undefined && <p>{what}</p>}
      {wait !== undefined && <p>Try again in {wait} s.</p>}
    </Notice>
  );
}
