import { t } from "@lingui/core/macro";
import { type ReactElement, useState } from "react";
import { TEXT_SIZES } from "@/api/choices";
import { Choice, FieldError } from "./Field";
import styles from "./TextSize.module.css";
import { say } from "@/lib/language";
import { readNumber } from "@/lib/readNumber";

const OWN = "own";

interface Props {
  /** Id of the field for an exact size, which is the zoom of the wire. */
  name: string;
  /** As typed, or as chosen. */
  value: string;
  error: string | undefined;
  onChange: (zoom: string) => void;
}

/** How large the text is, in words; whoever wants it exact types how many times its size on a page of HTML. */
export function TextSize({ name, value, error, onChange }: Props): ReactElement {
  const [own, setOwn] = useState(false);
  const named = TEXT_SIZES.find(({ zoom }) => value.trim() !== "" && readNumber(value) === zoom);
  const exact = own || named === undefined;
  return (
    <div className={styles["size"]}>
      <Choice
        legend={t`Text size`}
        name={`${name}-size`}
        type="radio"
        options={[
          ...TEXT_SIZES.map(({ zoom, label }) => ({ value: String(zoom), label: say(label) })),
          { value: OWN, label: t`Exact` },
        ]}
        chosen={[exact ? OWN : String(named.zoom)]}
        onChange={(chosen) => {
          setOwn(chosen === OWN);
          if (chosen !== OWN) onChange(chosen);
        }}
      />
      {exact && (
        <label className={styles["exact"]}>
          <span>{t`Times the size of a page`}</span>
          <input
            id={name}
            name={name}
            inputMode="decimal"
            autoComplete="off"
            value={value}
            aria-invalid={error !== undefined}
            aria-describedby={error === undefined ? undefined : `${name}-error`}
            onChange={(event) => {
              onChange(event.target.value);
            }}
          />
        </label>
      )}
      <FieldError id={`${name}-error`} message={error} />
    </div>
  );
}
