import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import type { SlideText } from "@/api/types";
import { CopyButton } from "@/components/CopyButton";
import styles from "./Lightbox.module.css";
import { altText, partsOf, plainText } from "./slideTexts";

interface Props {
  id: string;
  text: SlideText | undefined;
}

/** What the slide says: to be read, searched and pasted where a picture cannot. */
export function SlidePanel({ id, text }: Props): ReactElement {
  if (text === undefined) {
    return (
      <aside id={id} className={styles["panel"]} aria-label={t`Text of the slide`} tabIndex={0}>
        <p className={styles["quiet"]}>{t`The text of this slide is not known.`}</p>
      </aside>
    );
  }
  const { links = [], notes = "" } = text;
  const alt = altText(text);
  return (
    <aside id={id} className={styles["panel"]} aria-label={t`Text of the slide`} tabIndex={0}>
      <div className={styles["words"]}>
        {partsOf(text).map((part, row) =>
          part.kind === "picture" ? (
            <p key={row} className={styles["quiet"]}>
              {part.text === "" ? t`Picture: without a description` : t`Picture: ${part.text}`}
            </p>
          ) : (
            <p key={row} dir={part.dir} lang={part.lang === "" ? undefined : part.lang} data-kind={part.kind}>
              {part.text}
            </p>
          ),
        )}
        <CopyButton text={plainText(text)} label={t`Copy the text of the slide`} />
      </div>
      <h3>{t`Alternative text`}</h3>
      <p dir="auto">{alt}</p>
      <CopyButton text={alt} label={t`Copy the alternative text`} />
      {notes !== "" && (
        <>
          <h3>{t`Notes`}</h3>
          <p dir="auto" data-kind="code">
            {notes}
          </p>
        </>
      )}
      {links.length > 0 && (
        <>
          <h3>{t`Links`}</h3>
          <ul>
            {links.map(({ url, text: words }, row) => (
              <li key={row}>
                {/* Of a document that anybody may have written: told, not opened. */}
                {words} <code>{url}</code>
              </li>
            ))}
          </ul>
        </>
      )}
    </aside>
  );
}
