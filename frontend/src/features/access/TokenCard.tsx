import { msg, t } from "@lingui/core/macro";
import { type ReactElement, type SyntheticEvent, useEffect, useRef, useState } from "react";
import { access, type AccessState } from "@/api/access";
import { ProblemError } from "@/api/problems";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAction } from "@/components/useAction";
import { useDocumentTitle } from "@/lib/useDocumentTitle";
import { checkToken } from "./checkToken";
import styles from "./TokenCard.module.css";
import { Trans } from "@lingui/react/macro";
import { say, type Words } from "@/lib/language";

const titles: Readonly<Record<NonNullable<AccessState["wanted"]>, Words>> = {
  missing: msg`This server asks for a token`,
  refused: msg`The server does not know this token any more`,
  signed_out: msg`Signed out`,
};

/** Where a person says who they are. What is behind it (a typed text, say) stays. */
export function TokenCard({ wanted }: { wanted: NonNullable<AccessState["wanted"]> }): ReactElement {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const { busy, refusal, run } = useAction();
  const input = useRef<HTMLInputElement>(null);
  useDocumentTitle(say(titles[wanted]));
  useEffect(() => {
    input.current?.focus();
  }, []);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const trimmed = token.trim();
    if (!/^[\x21-\x7e]+$/.test(trimmed)) {
      setProblem(
        trimmed === "" ? t`Paste the token here.` : t`A token has no spaces and only plain letters.`,
      );
      input.current?.focus();
      return;
    }
    setProblem(null);
    void run(async () => {
      try {
        await checkToken(trimmed);
      } catch (error) {
        if (!(error instanceof ProblemError) || error.problem.status !== 401) throw error;
        setProblem(t`The server does not know this token. Look whether all of it was copied.`);
        input.current?.focus();
        return;
      }
      access.enter(trimmed);
    });
  };
  return (
    <form className={styles["card"]} noValidate onSubmit={submit}>
      <h1>{say(titles[wanted])}</h1>
      <p>
        <Trans>
          Whoever runs this server makes one with <code dir="ltr">pressrun token new</code>.
        </Trans>
      </p>
      <div>
        <label htmlFor="token">{t`Token`}</label>
        <input
          ref={input}
          id="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="pressrun_…"
          dir="ltr"
          value={token}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? "token-hint" : "token-problem token-hint"}
          onChange={(event) => {
            setToken(event.target.value);
          }}
        />
        {problem !== null && (
          <p id="token-problem" role="alert" className={styles["problem"]}>
            {problem}
          </p>
        )}
      </div>
      <RefusalText text={refusal} />
      <Button type="submit" tone="primary" disabled={busy}>
        {busy ? t`Asking …` : t`Sign in`}
      </Button>
      <p id="token-hint" className={styles["hint"]}>
        {t`It is kept in this tab until you close it or sign out, and is sent to this server only.`}
      </p>
    </form>
  );
}

/** Beside the navigation, while this tab has a token. */
export function SignOutButton(): ReactElement {
  return (
    <Button
      onClick={() => {
        access.signOut();
      }}
    >
      <Icon name="out" />
      <span className={styles["word"]}>{t`Sign out`}</span>
    </Button>
  );
}
