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
    <section aria-label="Make the same">
      <div className={styles["head"]}>
        <h2>Make the same</h2>
        <span className={styles["quiet"]}>
          This run&rsquo;s own request{token === null ? "" : "; the token is read from PRESSRUN_TOKEN"}
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
        <CopyButton text={code} label={`Copy as ${languageNames[language]}`} />
      </div>
      <Choice
        legend="Copy as"
        name="language"
        type="radio"
        options={LANGUAGES.map((value) => ({ value, label: languageNames[value] }))}
        chosen={[language]}
        onChange={keep}
      />
      <pre className={styles["code"]} tabIndex={0} aria-label={languageNames[language]} role="region">
        {code}
      </pre>
    </section>
  );
}

function Addresses({ operationId }: { operationId: string }): ReactElement {
  const run = runUrl(operationId);
  const addresses = [
    ["GET", run, "the run: status, attempts, how long each stage took"],
    ["GET", `${run}/events`, "its events, live (SSE)"],
    ["GET", `${run}/spec`, "what it was made from, every default filled in"],
    ["GET", `${run}/log?format=jsonl`, "its log lines"],
    ["GET", `${run}/files/slides.json`, "what each slide says"],
    ["GET", `${run}/archive.zip`, "every file"],
    ["POST", `${run}/rerender`, "a new run from the same document"],
  ] as const;
  return (
    <section aria-label="Addresses">
      <div className={styles["head"]}>
        <h2>Addresses</h2>
        <span className={styles["quiet"]}>
          All are described at <a href="/docs">/docs</a>
        </span>
      </div>
      <ul className={styles["addresses"]}>
        {addresses.map(([method, path, says]) => (
          <li key={path}>
            <span className={styles["quiet"]}>{method}</span>
            <code>{path}</code>
            <CopyButton text={location.origin + path} label={`Copy the address of ${says}`} />
            <small>{says}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
