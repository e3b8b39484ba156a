import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useMemo, useState } from "react";
import { Link } from "wouter";
import { getJson } from "@/api/client";
import { explain } from "@/api/problems";
import { getRun, listRuns, runUrl } from "@/api/runs";
import type { Run, RunDetail } from "@/api/types";
import { Button } from "@/components/Button";
import { RefusalText } from "@/components/Refusal";
import { LoadedPicture } from "@/components/SmallPicture";
import { figure, formatWhen, slideCount, titleOf } from "@/lib/format";
import styles from "./CompareTab.module.css";
import { differencesOf, looksOf, type Manifest, type Pair, pairsOf } from "./comparison";
import { useSpec } from "./useSpec";

const OFFERED = 50; // arbitrary (20..100): the newest finished runs; any other is chosen in the list of runs
const AT_ONCE = 40; // pairs; arbitrary (20..100)
const WIDTH_CSS_PX = 560; // of a picture where the page is as wide as it gets

interface Props {
  detail: RunDetail | undefined;
  /** The run that stands beside this one. */
  other: string | undefined;
  onOther: (operationId: string | undefined) => void;
}

/** This run beside another: what was asked for in each, and their slides, one by one. */
export function CompareTab({ detail, other, onOther }: Props): ReactElement {
  if (detail === undefined) return <p role="status">{t`Loading …`}</p>;
  const chosen = other ?? detail.rerender_of ?? undefined;
  return (
    <div className={styles["tab"]}>
      <Other own={detail.operation_id} chosen={chosen} onOther={onOther} />
      {chosen !== undefined && <Beside key={chosen} detail={detail} other={chosen} />}
    </div>
  );
}

function Other(props: { own: string; chosen: string | undefined; onOther: Props["onOther"] }): ReactElement {
  const { own, chosen, onOther } = props;
  const [now] = useState(() => Date.now());
  const { data, error } = useQuery({
    queryKey: ["runs", "comparable"],
    queryFn: ({ signal }) => listRuns({ status: "complete" }, null, OFFERED, signal),
  });
  const runs = (data?.runs ?? []).filter(({ operation_id }) => operation_id !== own);
  const listed = chosen === undefined || runs.some(({ operation_id }) => operation_id === chosen);
  return (
    <p className={styles["other"]}>
      <label htmlFor="compared-with">{t`Compare with`}</label>
      <select
        id="compared-with"
        value={chosen ?? ""}
        onChange={({ target }) => {
          onOther(target.value === "" ? undefined : target.value);
        }}
      >
        <option value="">{t`Choose a run …`}</option>
        {!listed && <option value={chosen}>{t`The chosen run`}</option>}
        {runs.map(({ operation_id, title, created_at }) => (
          <option key={operation_id} value={operation_id}>
            {`${titleOf(title)} · ${formatWhen(created_at, now)}`}
          </option>
        ))}
      </select>
      {error !== null && <RefusalText text={explain(error)} />}
    </p>
  );
}

function Beside({ detail, other }: { detail: RunDetail; other: string }): ReactElement {
  const { data, error } = useQuery({
    queryKey: ["runs", "detail", other],
    queryFn: ({ signal }) => getRun(other, signal),
  });
  if (error !== null) return <RefusalText text={explain(error)} />;
  if (data === undefined) return <p role="status">{t`Loading …`}</p>;
  return (
    <>
      <Fields left={detail} right={data} />
      <Slides left={detail} right={data} />
    </>
  );
}

function Fields({ left, right }: { left: Run; right: Run }): ReactElement {
  const [one, two] = [useSpec(left.operation_id), useSpec(right.operation_id)];
  const error = one.error ?? two.error;
  if (error !== null) return <RefusalText text={explain(error)} />;
  if (one.data === undefined || two.data === undefined) return <p role="status">{t`Loading …`}</p>;
  const differences = differencesOf(one.data, two.data);
  return (
    <section aria-labelledby="compared-fields">
      <h2 id="compared-fields">{t`What was asked for`}</h2>
      {differences.length === 0 ? (
        <p>{t`Both were asked for the same.`}</p>
      ) : (
        <table className={styles["fields"]}>
          <thead>
            <tr>
              <th scope="col">{t`Field`}</th>
              <th scope="col">{t`This run`}</th>
              <th scope="col">
                <Link href={runUrl(right.operation_id)}>{t`The other run`}</Link>
              </th>
            </tr>
          </thead>
          <tbody>
            {differences.map(({ field, left: mine, right: theirs }) => (
              <tr key={field}>
                <th scope="row">
                  <code>{field}</code>
                </th>
                <td>
                  <bdi>{mine ?? t`none`}</bdi>
                </td>
                <td>
                  <bdi>{theirs ?? t`none`}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** "3 slides differ, 12 are the same" */
function amounts(pairs: readonly Pair[]): string {
  const same = pairs.filter((pair) => pair.same).length;
  const differ = pairs.length - same;
  if (differ === 0) return t`All slides look the same.`;
  const alike = figure(same);
  return plural(differ, {
    one: `# slide differs, ${alike} look the same.`,
    other: `# slides differ, ${alike} look the same.`,
  });
}

/** Undefined until it is known. */
function useLooks({ operation_id, result }: Run): {
  looks: readonly string[] | undefined;
  error: Error | null;
} {
  const { data, error } = useQuery({
    queryKey: ["runs", "manifest", operation_id],
    queryFn: ({ signal }) => getJson<Manifest>(`${runUrl(operation_id)}/files/manifest.json`, signal),
    enabled: result !== null, // what did not complete has published nothing
    staleTime: Infinity, // what is published never changes
  });
  const looks = useMemo(
    () => (result === null ? [] : data === undefined ? undefined : looksOf(result, data)),
    [data, result],
  );
  return { looks, error };
}

function Slides({ left, right }: { left: Run; right: Run }): ReactElement {
  const [one, two] = [useLooks(left), useLooks(right)];
  const error = one.error ?? two.error;
  if (error !== null) return <RefusalText text={explain(error)} />;
  if (one.looks === undefined || two.looks === undefined) return <p role="status">{t`Loading …`}</p>;
  return <Pairs left={left} right={right} looks={[one.looks, two.looks]} />;
}

interface PairsProps {
  left: Run;
  right: Run;
  looks: readonly [readonly string[], readonly string[]];
}

function Pairs({ left, right, looks: [mine, theirs] }: PairsProps): ReactElement {
  const [all, setAll] = useState(false);
  const [most, setMost] = useState(AT_ONCE);
  const pairs = useMemo(() => pairsOf(mine, theirs), [mine, theirs]);
  const wanted = all ? pairs : pairs.filter(({ same }) => !same);
  return (
    <section aria-labelledby="compared-slides">
      <h2 id="compared-slides">{t`Slide by slide`}</h2>
      <p role="status">{pairs.length === 0 ? t`Neither has pictures.` : amounts(pairs)}</p>
      {pairs.some(({ same }) => same) && (
        <label className={styles["shown"]}>
          <input
            type="checkbox"
            checked={all}
            onChange={() => {
              setAll(!all);
            }}
          />
          {t`Show those that look the same, too`}
        </label>
      )}
      <ol className={styles["pairs"]}>
        {wanted.slice(0, most).map((pair) => (
          <li key={`${pair.left ?? ""} ${pair.right ?? ""}`} className={styles["pair"]}>
            <Side run={left} place={pair.left} name={t`This run`} />
            <Side run={right} place={pair.right} name={t`The other run`} />
          </li>
        ))}
      </ol>
      {wanted.length > most && (
        <Button
          onClick={() => {
            setMost(most + AT_ONCE);
          }}
        >
          {t`Show more of ${slideCount(wanted.length)}`}
        </Button>
      )}
    </section>
  );
}

function Side(props: { run: Run; place: number | undefined; name: string }): ReactElement {
  const { run, place, name } = props;
  const file = place === undefined ? undefined : run.result?.screenshot_files[place];
  if (place === undefined || file === undefined) return <div data-none>{t`No such slide here`}</div>;
  const label = `${name} · ${t`Slide ${figure(place + 1)}`}`;
  return (
    <Link href={`${runUrl(run.operation_id)}?slide=${place + 1}`} aria-label={label}>
      <LoadedPicture
        url={`${runUrl(run.operation_id)}/files/${file}`}
        width={WIDTH_CSS_PX}
        className={styles["picture"]}
      />
      <small>{label}</small>
    </Link>
  );
}
