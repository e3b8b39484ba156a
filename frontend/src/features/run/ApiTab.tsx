import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { explain } from "@/api/problems";
import { runUrl } from "@/api/runs";
import type { RunDetail } from "@/api/types";
import type { StoredSpec } from "@/api/storedSpec";
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Choice } from "@/components/Field";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAccess } from "@/components/useAccess";
import { save } from "@/lib/save";
import { useKept } from "@/lib/useKept";
import { isInline, LANGUAGES, languageNames, REQUEST_FILE, requestOf, snippet, sourceFile } from "./snippets";
import styles from "./SourceTab.module.css";
import { useSpec } from "./useSpec";
import { say } from "@/lib/language";
import { Trans } from "@lingui/react/macro";

/** How to make the same by a program, and where what this run has can be asked for. */
export function ApiTab(props: { operationId: string; detail: RunDetail | undefined }): ReactElement {
  const { operationId, detail } = props;
  const { data: spec, error } = useSpec(operationId);
  return (
    <div className={styles["tab"]}>
      <RefusalText text={error === null ? null : explain(error)} />
      {spec !== undefined && <CopyAs spec={spec} lane={detail?.lane ?? "default"} />}
      <Addresses operationId={operationId} />
    </div>
  );
}

function CopyAs({ spec, lane }: { spec: StoredSpec; lane: string }): ReactElement {
  const { token } = useAccess();
  const [kept, keep] = useKept("pressrun.language", "curl");
  const language = LANGUAGES.find((each) => each === kept) ?? "curl";
  const request = requestOf(spec, lane);
  const code = snippet(language, request, { origin: location.origin, token: token !== null });
  const file =
    language === "cli"
      ? sourceFile(spec)
      : isInline(request)
        ? null
        : { name: REQUEST_FILE, content: JSON.stringify(request.body) };
  return (
    <section aria-label={t`Make the same`}>
      <div className={styles["head"]}>
        <h2>{t`Make the same`}</h2>
        <span className={styles["quiet"]}>
          {token === null
            ? t`This run’s own request`
            : t`This run’s own request; the token is read from PRESSRUN_TOKEN`}
        </span>
        {file !== null && (
          <Button
            onClick={() => {
              save(file.content, file.name);
            }}
          >
            <Icon name="download" />
            {file.name}
          </Button>
        )}
        <CopyButton text={code} label={t`Copy as ${say(languageNames[language])}`} />
      </div>
      <Choice
        legend={t`Copy as`}
        name="language"
        type="radio"
        options={LANGUAGES.map((value) => ({ value, label: say(languageNames[value]) }))}
        chosen={[language]}
        onChange={keep}
      />
      <pre
        className={styles["code"]}
        tabIndex={0}
        dir="ltr"
        aria-label={say(languageNames[language])}
        role="region"
      >
        {code}
      </pre>
    </section>
  );
}

function Addresses({ operationId }: { operationId: string }): ReactElement {
  const run = runUrl(operationId);
  const addresses = [
    ["GET", run, t`the run: status, attempts, how long each stage took`],
    ["GET", `${run}/events`, t`its events, live (SSE)`],
    ["GET", `${run}/spec`, t`what it was made from, every default filled in`],
    ["GET", `${run}/log?format=jsonl`, t`its log lines`],
    ["GET", `${run}/files/slides.json`, t`what each slide says`],
    ["GET", `${run}/archive.zip`, t`every file`],
    ["POST", `${run}/rerender`, t`a new run from the same document`],
  ] as const;
  return (
    <section aria-label={t`Addresses`}>
      <div className={styles["head"]}>
        <h2>{t`Addresses`}</h2>
        <span className={styles["quiet"]}>
          <Trans>
            All are described at{" "}
            <a href="/docs" dir="ltr">
              /docs
            </a>
          </Trans>
        </span>
      </div>
      <ul className={styles["addresses"]}>
        {addresses.map(([method, path, says]) => (
          <li key={path}>
            <span className={styles["quiet"]}>{method}</span>
            <code dir="ltr">{path}</code>
            <CopyButton text={location.origin + path} label={t`Copy the address of ${says}`} />
            <small>{says}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
