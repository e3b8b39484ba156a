import { t } from "@lingui/core/macro";
import { type ReactElement, Suspense } from "react";
import { Icon } from "@/components/Icon";
import { laterCode } from "@/lib/laterCode";
import { figures } from "./preview";
import styles from "./Preview.module.css";
import type { Shown } from "./usePreview";

// Its code comes with the first answer.
const PreviewedSlides = laterCode(async () => (await import("./PreviewedSlides")).PreviewedSlides);

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
        <Suspense fallback={null}>
          <PreviewedSlides answer={answer} slide={slide} onSlide={onSlide} />
        </Suspense>
      )}
    </section>
  );
}
