import { t, plural } from "@lingui/core/macro";
import type { ReactElement } from "react";
import type { PreviewAnswer } from "@/api/types";
import { Icon } from "@/components/Icon";
import { DeckFrame } from "./DeckFrame";
import { figures } from "./preview";
import styles from "./Preview.module.css";
import type { Shown } from "./usePreview";
import { figure } from "@/lib/format";
import { coverageWords } from "@/components/coverageWords";

interface Props {
  shown: Shown;
  /** The slide on which the cursor stands, from 0. */
  slide: number;
  onSlide: (slide: number) => void;
}

/** The slides as they will be, while they are being written. */
export function Preview({ shown, slide, onSlide }: Props): ReactElement {
  const { answer, trouble, asking } = shown;
  return (
    <section className={styles["preview"]} aria-label={t`Preview`} aria-busy={asking}>
      <p className={styles["figures"]} role="status">
        <strong>{answer === null ? t`Preview` : figures(answer)}</strong>
        {asking && <span className={styles["soft"]}> · {t`being composed …`}</span>}
      </p>
      {trouble !== null && (
        <p className={styles["trouble"]} role="status">
          <Icon name="alert" /> {trouble}
        </p>
      )}
      {answer === null ? (
        <p className={styles["empty"]}>
          {trouble === null && t`The slides appear here while you write. Click one to go to its text.`}
        </p>
      ) : (
        <>
          {answer.html === null ? (
            <p className={styles["soft"]}>
              {t`Shown as it is, in windows cut between its blocks. There is no picture of them before the run.`}
            </p>
          ) : (
            <DeckFrame html={answer.html} slide={slide} onSlide={onSlide} />
          )}
          <Outline answer={answer} slide={slide} onSlide={onSlide} />
          <Facts answer={answer} />
        </>
      )}
    </section>
  );
}

function Outline(props: Pick<Props, "slide" | "onSlide"> & { answer: PreviewAnswer }): ReactElement {
  const { answer, slide, onSlide } = props;
  return (
    <details className={styles["outline"]} open={answer.html === null}>
      <summary>{t`Slides, one by one`}</summary>
      <ol>
        {answer.slides.map(({ index, title, layout, line }) => (
          <li key={index}>
            <button
              type="button"
              aria-current={index - 1 === slide}
              disabled={line === null}
              onClick={() => {
                onSlide(index - 1);
              }}
            >
              <span className={styles["number"]}>{figure(index)}</span>
              <bdi>{title || t`Without a heading`}</bdi>
              {layout !== "" && <span className={styles["soft"]}>{layout}</span>}
            </button>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Facts({ answer }: { answer: PreviewAnswer }): ReactElement {
  const { coverage, warnings } = answer;
  const said = coverage === null ? "" : coverageWords(coverage);
  return (
    <div className={styles["facts"]}>
      {said !== "" && <p>{said}</p>}
      {warnings.length > 0 && (
        <details>
          <summary>{plural(warnings.length, { one: "# thing to know", other: "# things to know" })}</summary>
          <ul>
            {warnings.map(({ code, message }, at) => (
              <li key={`${code} ${at}`} lang="en" dir="auto">
                {message}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
