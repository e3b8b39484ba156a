import { t } from "@lingui/core/macro";
import { type ReactElement, type ReactNode, useEffect, useRef, useState } from "react";
import { statusNames } from "@/api/choices";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { useLanes } from "@/components/useLanes";
import {
  clean,
  type Counts,
  inAll,
  isNarrowed,
  type LibrarySearch,
  SPANS,
  spanWords,
  STATUSES,
} from "./filters";
import styles from "./FilterBar.module.css";
import { say } from "@/lib/language";
import { number } from "@/lib/format";

const QUIET_MS = 250; // arbitrary: between two key strokes of somebody who is typing a word

interface Props {
  search: LibrarySearch;
  /** How many runs there are of each status; undefined: not known. */
  counts: Counts | undefined;
  /** `typing`: the address is replaced, so that Back does not go letter by letter. */
  onChange: (search: LibrarySearch, typing: boolean) => void;
}

/** Search and filters; what they say is what the address says. */
export function FilterBar({ search, counts, onChange }: Props): ReactElement {
  const set = (part: { [K in keyof LibrarySearch]: LibrarySearch[K] | undefined }): void => {
    onChange(clean({ ...search, ...part }), false);
  };
  return (
    <search className={styles["bar"]} aria-label={t`Runs`}>
      <SearchBox
        q={search.q ?? ""}
        onSearch={(q) => {
          onChange(clean({ ...search, q }), search.q !== undefined && q !== "");
        }}
      />
      <Select
        label={t`Status`}
        value={search.status ?? ""}
        onChange={(value) => {
          set({ status: STATUSES.find((status) => status === value) });
        }}
      >
        <option value="">
          {t`Any status`}
          {counts != null && ` (${number(inAll(counts))})`}
        </option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {say(statusNames[status])}
            {counts != null && ` (${number(counts[status] ?? 0)})`}
          </option>
        ))}
      </Select>
      <Select
        label={t`Made`}
        value={search.since ?? ""}
        onChange={(value) => {
          set({ since: SPANS.find((span) => span === value) });
        }}
      >
        <option value="">{t`Any time`}</option>
        {SPANS.map((span) => (
          <option key={span} value={span}>
            {say(spanWords[span])}
          </option>
        ))}
      </Select>
      <Select
        label={t`Order`}
        value={search.sort ?? ""}
        onChange={(value) => {
          set({ sort: value === "oldest" ? value : undefined });
        }}
      >
        <option value="">{t`Newest first`}</option>
        <option value="oldest">{t`Oldest first`}</option>
      </Select>
      <LaneSelect
        lane={search.lane}
        onChange={(lane) => {
          set({ lane });
        }}
      />
      <Button
        aria-pressed={search.pinned === "1"}
        onClick={() => {
          set({ pinned: search.pinned === "1" ? undefined : "1" });
        }}
      >
        <Icon name="pin" filled={search.pinned === "1"} />
        {t`Pinned`}
      </Button>
      {isNarrowed(search) && (
        <Button
          onClick={() => {
            onChange(search.sort === undefined ? {} : { sort: search.sort }, false);
          }}
        >
          <Icon name="close" />
          {t`Clear`}
        </Button>
      )}
    </search>
  );
}

function SearchBox({ q, onSearch }: { q: string; onSearch: (q: string) => void }): ReactElement {
  const [typed, setTyped] = useState(q);
  const [told, setTold] = useState(q);
  // The address changed by itself (Back, a link): it is what counts now.
  if (q !== told) {
    setTold(q);
    setTyped(q);
  }
  const search = useRef(onSearch);
  useEffect(() => {
    search.current = onSearch;
  });
  useEffect(() => {
    if (typed === told) return;
    const timer = setTimeout(() => {
      setTold(typed);
      search.current(typed);
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [typed, told]);
  return (
    <input
      type="search"
      className={styles["search"]}
      aria-label={t`Search runs`}
      placeholder={t`Search title, file, error, ID`}
      value={typed}
      maxLength={200}
      onChange={(event) => {
        setTyped(event.target.value);
      }}
    />
  );
}

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}

function Select({ label, value, onChange, children }: SelectProps): ReactElement {
  return (
    <select
      className={styles["select"]}
      aria-label={label}
      value={value}
      onChange={(event) => {
        onChange(event.target.value);
      }}
    >
      {children}
    </select>
  );
}

/** Not there while there is only one lane to choose. */
function LaneSelect(props: {
  lane: string | undefined;
  onChange: (lane: string | undefined) => void;
}): ReactElement | null {
  const names = (useLanes().data ?? []).map(({ lane }) => lane);
  if (props.lane !== undefined && !names.includes(props.lane)) names.push(props.lane);
  if (names.length < 2 && props.lane === undefined) return null;
  return (
    <Select
      label={t`Lane`}
      value={props.lane ?? ""}
      onChange={(value) => {
        props.onChange(value === "" ? undefined : value);
      }}
    >
      <option value="">{t`Any lane`}</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </Select>
  );
}
