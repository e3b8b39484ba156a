import { t, plural } from "@lingui/core/macro";
import type { ReactElement } from "react";
import type { PreviewAnswer } from "@/api/types";
import { coverageWords } from "@/components/coverageWords";
import { figure } from "@/lib/format";
import { DeckFrame } from "./DeckFrame";
import styles from "./Preview.module.css";

interface Props {
  answer: PreviewAnswer;
  /** The slide on which the cursor stands, from 0. */
  slide: number;
  onSlide: (slide: number) => void;
}

/** The slides as they are drawn, their list, and what is to be known of them. */
export function PreviewedSlides({ answer, slide, onSlide }: Props): ReactElement {
  return (
    <>
      {answer.html === null ? (
        <p className={styles["soft"]}>
          {t`Shown as it is, in windows cut between its blocks. There is no picture of them before the run.`}
        </p>
      ) : (
        <DeckFrame html={answer.html} slide={slide} onSlide={onSlide} />
      )}
      <Outline {...{ answer, slide, onSlide }} />
      <Facts answer={answer} />
    </>
  );
}

function Outline({ answer, slide, onSlide }: Props): ReactElement {
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
