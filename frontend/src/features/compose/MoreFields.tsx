import { t } from "@lingui/core/macro";
import { type ReactElement, type ReactNode, useId, useState } from "react";
import { DEFAULTS } from "@/api/tables.gen";
import { Button } from "@/components/Button";
import { FieldError } from "@/components/Field";
import field from "@/components/Field.module.css";
import { dataUrl } from "@/lib/dataUrl";
import { countMore, type More, type MoreName, withField } from "./draft";
import styles from "./MoreFields.module.css";
import { GROUPS, type Row, ROWS } from "./moreRows";
import { say } from "@/lib/language";
import { figure } from "@/lib/format";
import { readNumber } from "@/lib/readNumber";

interface Props {
  value: More;
  /** What the server found wrong, by the wire's names. */
  problems: Readonly<Record<string, string>>;
  onChange: (value: More) => void;
}

interface Field<K extends Row["kind"]> {
  id: string;
  name: MoreName;
  row: Extract<Row, { kind: K }>;
  value: unknown;
  /** What says what is wrong with it. */
  describedBy: string | undefined;
  onChange: (value: unknown) => void;
}

/** The fields of `moreRows.ts`; what is as usual is left out of the request. */
export function MoreFields({ value, problems, onChange }: Props): ReactElement {
  return (
    <div className={styles["more"]}>
      {GROUPS.map(([title, names]) => (
        <fieldset key={names[0]} className={styles["group"]}>
          <legend>{say(title)}</legend>
          {names.map((name) => (
            <MoreField
              key={name}
              name={name}
              value={value[name] ?? DEFAULTS[name]}
              error={problems[name]}
              onChange={(said) => {
                onChange(withField(value, name, said));
              }}
            />
          ))}
        </fieldset>
      ))}
      {countMore(value) > 0 && (
        <Button
          onClick={() => {
            onChange(GROUPS.flatMap(([, names]) => names).reduce<More>(asUsual, value));
          }}
        >
          {t`All of this as usual`}
        </Button>
      )}
    </div>
  );
}

const asUsual = (more: More, name: MoreName): More => withField(more, name, null);

function MoreField(props: {
  name: MoreName;
  value: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
}): ReactElement {
  const { name, error } = props;
  const id = useId();
  const row = ROWS[name];
  const described = error === undefined ? undefined : `${id}-error`;
  const given = { ...props, id, describedBy: described };
  const wide = row.kind === "text" || row.kind === "files";
  if (row.kind === "switch")
    return (
      <div>
        <label className={styles["switch"]}>
          <input
            type="checkbox"
            name={name}
            checked={props.value === true}
            aria-describedby={described}
            onChange={({ target }) => {
              props.onChange(target.checked);
            }}
          />
          {say(row.label)}
        </label>
        <FieldError id={`${id}-error`} message={error} />
      </div>
    );
  return (
    <div className={wide ? styles["wide"] : undefined}>
      <label className={field["label"]} htmlFor={id}>
        {say(row.label)}
      </label>
      {control(row, given)}
      <FieldError id={`${id}-error`} message={error} />
    </div>
  );
}

function control(row: Exclude<Row, { kind: "switch" }>, given: Omit<Field<Row["kind"]>, "row">): ReactNode {
  if (row.kind === "select") return <SelectField {...given} row={row} />;
  if (row.kind === "number") return <NumberField {...given} row={row} />;
  if (row.kind === "files") return <FilesField {...given} row={row} />;
  return <TextField {...given} row={row} />;
}

/** Of a field that has one line or several; what is neither a text nor a number has another kind of field. */
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

function SelectField({ id, name, row, value, describedBy, onChange }: Field<"select">): ReactElement {
  return (
    <select
      id={id}
      name={name}
      className={field["input"]}
      value={typeof value === "string" ? value : ""}
      aria-invalid={describedBy !== undefined}
      aria-describedby={describedBy}
      onChange={({ target }) => {
        onChange(target.value);
      }}
    >
      {DEFAULTS[name] === null && <option value="">{t`As usual`}</option>}
      {Object.entries(row.options).map(([option, label]) => (
        <option key={option} value={option}>
          {say(label)}
        </option>
      ))}
    </select>
  );
}

/** Shows what is typed as it is typed, and hands it on as a number where it is one; the server judges the rest. */
function NumberField({ id, name, row, value, describedBy, onChange }: Field<"number">): ReactElement {
  const { least, most, times = 1, hint } = row;
  const toWire = (text: string): unknown => {
    if (text.trim() === "") return null;
    const number = readNumber(text);
    return Number.isNaN(number) ? text : Number((number / times).toPrecision(12));
  };
  const [typed, setTyped] = useState<string | null>(null);
  const said = typeof value === "number" ? String(Number((value * times).toPrecision(12))) : textOf(value);
  const text = typed !== null && (toWire(typed) ?? DEFAULTS[name]) === value ? typed : said;
  const number = readNumber(text);
  const wrong = text.trim() !== "" && !(number >= least && number <= most);
  const advice = wrong ? `${id}-advice` : undefined;
  return (
    <>
      <input
        id={id}
        name={name}
        className={field["input"]}
        inputMode="decimal"
        autoComplete="off"
        placeholder={hint === undefined ? textOf(DEFAULTS[name]) : say(hint)}
        value={text}
        aria-invalid={wrong || describedBy !== undefined}
        aria-describedby={describedBy ?? advice}
        onChange={({ target }) => {
          setTyped(target.value);
          onChange(toWire(target.value));
        }}
      />
      {wrong && describedBy === undefined && (
        <FieldError id={`${id}-advice`} message={t`From ${figure(least)} to ${figure(most)}.`} />
      )}
    </>
  );
}

function TextField({ id, name, row, value, describedBy, onChange }: Field<"line" | "text">): ReactElement {
  const said = value === DEFAULTS[name] ? "" : textOf(value);
  const common = {
    id,
    name,
    value: said,
    placeholder: row.hint === undefined ? undefined : say(row.hint),
    dir: "auto",
    autoComplete: "off",
    "aria-invalid": describedBy !== undefined,
    "aria-describedby": describedBy,
    onChange: ({ target }: { target: HTMLInputElement | HTMLTextAreaElement }) => {
      onChange(target.value === "" ? null : target.value);
    },
  };
  return row.kind === "text" ? (
    <textarea {...common} className={`${field["input"] ?? ""} ${styles["text"] ?? ""}`} rows={4} />
  ) : (
    <input {...common} className={field["input"]} />
  );
}

/** Files by the names under which the source knows them. */
function FilesField({ id, name, value, describedBy, onChange }: Field<"files">): ReactElement {
  const [unread, setUnread] = useState(false);
  const kept = { ...(value as Record<string, string>) };
  const take = async (files: readonly File[]): Promise<void> => {
    setUnread(false);
    try {
      const read = await Promise.all(files.map(async (file) => [file.name, await contentOf(file)] as const));
      onChange({ ...kept, ...Object.fromEntries(read) });
    } catch {
      setUnread(true);
    }
  };
  return (
    <>
      <input
        id={id}
        name={name}
        type="file"
        multiple
        aria-describedby={describedBy}
        onChange={({ target }) => {
          void take([...(target.files ?? [])]);
          target.value = ""; // the same file can be chosen again
        }}
      />
      {unread && <p role="alert">{t`A file could not be read.`}</p>}
      <ul className={styles["files"]}>
        {Object.keys(kept).map((path) => (
          <li key={path}>
            <bdi>{path}</bdi>
            <Button
              aria-label={t`Remove ${path}`}
              onClick={() => {
                onChange(Object.fromEntries(Object.entries(kept).filter(([each]) => each !== path)));
              }}
            >
              {t`Remove`}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** In base64. */
const contentOf = async (file: File): Promise<string> => (await dataUrl(file)).replace(/^[^,]*,/, "");
