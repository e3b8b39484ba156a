import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { explain } from "@/api/problems";
import { runUrl } from "@/api/runs";
import type { RunDetail } from "@/api/types";
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { characterCount } from "@/lib/format";
import { queryOf } from "@/lib/paths";
import { save } from "@/lib/save";
import type { StoredSpec } from "@/api/storedSpec";
import { isDefault, sourceFile } from "./snippets";
import styles from "./SourceTab.module.css";
import { useSpec } from "./useSpec";
import { Trans } from "@lingui/react/macro";

/** What the run was made from, and with which settings. */
export function SourceTab(props: { operationId: string; detail: RunDetail | undefined }): ReactElement {
  const { data: spec, error } = useSpec(props.operationId);
  if (spec === undefined) {
    return error === null ? <p role="status">{t`Loading …`}</p> : <RefusalText text={explain(error)} />;
  }
  return (
    <div className={styles["tab"]}>
      <Source spec={spec} />
      <Settings spec={spec} detail={props.detail} />
    </div>
  );
}

function Source({ spec }: { spec: StoredSpec }): ReactElement {
  const file = sourceFile(spec);
  if (file === null) {
    return (
      <section aria-label={t`Source`}>
        <h2>{t`Source`}</h2>
        <p>
          {spec.rerender_of == null ? (
            t`It was made from the saved document of an earlier run.`
          ) : (
            <Trans>
              It was made from the saved document of{" "}
              <Link href={runUrl(spec.rerender_of) + queryOf({ tab: "source" })}>an earlier run</Link>.
            </Trans>
          )}
        </p>
      </section>
    );
  }
  const { name, content } = file;
  return (
    <section aria-label={t`Source`}>
      <div className={styles["head"]}>
        <h2>{t`Source`}</h2>
        <span className={styles["quiet"]}>
          {[spec.html == null ? t`Text` : "HTML", characterCount(content.length)].join(t`, `)}
        </span>
        <CopyButton text={content} label={t`Copy the source`} />
        <Button
          onClick={() => {
            save(content, name);
          }}
        >
          <Icon name="download" />
          {t`Download`}
        </Button>
      </div>
      {/* A field, not a paragraph: a browser lays out hundreds of thousands of characters in it without a pause. */}
      <textarea
        className={styles["source"]}
        aria-label={t`Source of the run`}
        readOnly
        dir="auto"
        rows={16}
        value={content}
      />
    </section>
  );
}

const LONGEST = 200; // characters: a style sheet or a picture is not read here

const shown = (value: unknown): string => {
  if (value === null || value === undefined || value === "") return t`none`;
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "object") return Object.keys(value).join(", ") || t`none`; // files, by their paths
  const words = typeof value === "string" ? value : JSON.stringify(value);
  return words.length > LONGEST ? `(${characterCount(words.length)})` : words;
};

const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set(["text", "html", "rerender_of"]);

function Settings({ spec, detail }: { spec: StoredSpec; detail: RunDetail | undefined }): ReactElement {
  const own = detail === undefined ? {} : { lane: detail.lane, priority: detail.priority };
  const rows = Object.entries({ ...spec, ...own })
    .filter(([field]) => !SHOWN_ELSEWHERE.has(field))
    .map(([field, value]) => ({ field, value, changed: !isDefault(field, value) }))
    .sort((a, b) => Number(b.changed) - Number(a.changed));
  return (
    <section aria-label={t`Settings`}>
      <div className={styles["head"]}>
        <h2>{t`Settings`}</h2>
        <span
          className={styles["quiet"]}
        >{t`what was chosen first, then what was left as it is by default`}</span>
      </div>
      <dl className={styles["settings"]}>
        {rows.map(({ field, value, changed }) => (
          <div key={field} data-changed={changed}>
            <dt>
              <code>{field}</code>
            </dt>
            <dd dir="auto">{shown(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
