import { t } from "@lingui/core/macro";
import { type ReactElement, useId, useState } from "react";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Field";
import styles from "@/components/FoldedFields.module.css";
import { TextField } from "@/components/TextField";
import { dataUrl } from "@/lib/dataUrl";
import type { More } from "./draft";

interface Props {
  /** What a request says besides the fields of this screen; the brand is part of it. */
  value: More;
  onChange: (value: More) => void;
}

const LARGEST_LOGO_BYTES = 500_000;
const PICTURES = "image/png,image/jpeg,image/webp,image/svg+xml";

/** On top of the theme: an accent colour, a logo, and what stands at the foot of each slide. */
export function BrandFields({ value, onChange }: Props): ReactElement {
  const id = useId();
  const [problem, setProblem] = useState<string>();
  const set = (change: More): void => {
    const all = Object.entries({ ...value, ...change });
    onChange(Object.fromEntries(all.filter(([, said]) => said !== null && said !== "")));
  };
  const takeLogo = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > LARGEST_LOGO_BYTES) {
      setProblem(t`A logo has at most 500 kB; make it smaller.`);
      return;
    }
    setProblem(undefined);
    try {
      set({ brand_logo: await dataUrl(file) });
    } catch {
      setProblem(t`This file cannot be read.`);
    }
  };
  const numbers = value.page_numbers == null ? "auto" : value.page_numbers ? "yes" : "no";
  return (
    <div className={styles["fields"]}>
      <div className={styles["row"]}>
        <label htmlFor={`${id}-accent`}>{t`Accent`}</label>
        <input
          id={`${id}-accent`}
          type="color"
          value={value.brand_accent ?? "#808080"}
          onChange={(event) => {
            set({ brand_accent: event.target.value });
          }}
        />
        {value.brand_accent != null && (
          <Button
            onClick={() => {
              set({ brand_accent: null });
            }}
          >
            {t`The theme’s own`}
          </Button>
        )}
      </div>
      <div className={styles["row"]}>
        <label htmlFor={`${id}-logo`}>{t`Logo`}</label>
        <input
          id={`${id}-logo`}
          type="file"
          accept={PICTURES}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          onChange={({ target }) => {
            void takeLogo(target.files?.[0]);
            target.value = ""; // the same file can be chosen again
          }}
        />
        {value.brand_logo != null && (
          <>
            <img src={value.brand_logo} alt={t`Your logo`} />
            <Button
              onClick={() => {
                set({ brand_logo: null });
              }}
            >
              {t`Remove`}
            </Button>
          </>
        )}
      </div>
      {problem !== undefined && (
        <p id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
      <TextField
        name="footer"
        label={t`Footer`}
        placeholder={t`From the text`}
        value={value.footer ?? ""}
        error={undefined}
        onChange={(footer) => {
          set({ footer });
        }}
      />
      <Choice
        legend={t`Page numbers`}
        name="pageNumbers"
        type="radio"
        options={[
          { value: "auto", label: t`As the text says` },
          { value: "yes", label: t`On` },
          { value: "no", label: t`Off` },
        ]}
        chosen={[numbers]}
        onChange={(chosen) => {
          set({ page_numbers: chosen === "auto" ? null : chosen === "yes" });
        }}
      />
      <Choice
        legend={t`Lines`}
        name="writingMode"
        type="radio"
        options={[
          { value: "auto", label: t`As the text says` },
          { value: "horizontal", label: t`Side to side` },
          { value: "vertical", label: t`Top to bottom, as in Japanese` },
        ]}
        chosen={[value.writing_mode ?? "auto"]}
        onChange={(chosen) => {
          set({ writing_mode: chosen });
        }}
      />
    </div>
  );
}
