import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { ProblemError } from "@/api/problems";
import { explain } from "@/api/problems";
import { getSystem } from "@/api/system";
import type { System as Facts } from "@/api/types";
import { Button } from "@/components/Button";
import { Icon, type IconName } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { statusNames } from "@/api/choices";
import { count, formatBytes, sentence } from "@/lib/format";
import { Fonts } from "./Fonts";
import { Settings } from "./Settings";
import styles from "./System.module.css";

const REFRESH_MS = 15_000; // arbitrary (5 to 60 s): each opens a page in a browser

/** Health, browsers and settings of the server, for those who may know; `children`: its lanes and its disk. */
export function System({ children }: { children: ReactNode }): ReactElement {
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => getSystem(signal),
    retry: false,
    refetchInterval: REFRESH_MS,
  });
  if (data === undefined)
    return error === null ? <p role="status">Looking at the server …</p> : <NotShown error={error} />;
  return (
    <>
      <header className={styles["head"]}>
        <h1>Server</h1>
        <Button disabled={isFetching} onClick={() => void refetch()}>
          <Icon name="retry" />
          {isFetching ? "Looking …" : "Look again"}
        </Button>
      </header>
      <Health facts={data} />
      <Browsers pool={data.pool} />
      <section className={styles["card"]} aria-label="Runs, lanes and disk">
        <h2>Runs, lanes and disk</h2>
        <p>{listed(data.runs, "no runs yet", statusNames)}</p>
        {Object.keys(data.webhooks).length > 0 && <p>Webhooks: {listed(data.webhooks, "")}</p>}
        {children}
      </section>
      <section className={styles["card"]} aria-label="This server">
        <h2>This server</h2>
        <dl className={styles["facts"]}>
          <dt>Pressrun</dt>
          <dd>{data.version}</dd>
          <dt>Python</dt>
          <dd>{data.python}</dd>
          <dt>Chromium</dt>
          <dd>{data.pool.version ?? "none is running"}</dd>
          <dt>Process</dt>
          <dd>{data.process_id}</dd>
          <dt>AI composer</dt>
          <dd>{data.ai_model ?? "not configured: text is composed by Markdown"}</dd>
          <dt>For programs</dt>
          <dd>
            <a href="/docs">Description of the API</a> · <a href="/metrics">Metrics</a>
          </dd>
        </dl>
      </section>
      <Fonts />
      <Settings settings={data.settings} />
    </>
  );
}

function NotShown({ error }: { error: Error }): ReactElement {
  const forbidden = error instanceof ProblemError && error.problem.status === 403;
  return (
    <Notice
      tone={forbidden ? "info" : "bad"}
      level={1}
      role="alert"
      title={forbidden ? "For whoever runs the server" : "The server did not say"}
    >
      <p>{explain(error)}</p>
    </Notice>
  );
}

/** "3 complete, 1 error" */
function listed(
  counts: Readonly<Record<string, number>>,
  none: string,
  names: Readonly<Record<string, string>> = {},
): string {
  const some = Object.entries(counts).filter(([, number]) => number > 0);
  const nameOf = (name: string): string => names[name]?.toLowerCase() ?? name.replaceAll("_", " ");
  return some.length === 0 ? none : some.map(([name, number]) => `${number} ${nameOf(name)}`).join(", ");
}

type Check = Facts["checks"][number];
const looks = (ok: Check["ok"]): { icon: IconName; tone: "good" | "note" | "bad"; word: string } =>
  ok === true
    ? { icon: "check", tone: "good", word: "Well" }
    : ok === false
      ? { icon: "alert", tone: "bad", word: "Wrong" }
      : { icon: "alert", tone: "note", word: "To know" };

/** "All is well" only where nothing is to be said: a row that warns is none of that. */
function verdict(checks: Facts["checks"]): string {
  const wrong = checks.filter(({ ok }) => ok === false).length;
  const noted = checks.filter(({ ok }) => ok === null).length;
  if (wrong > 0) return `${count(wrong, "thing")} to mend`;
  return noted > 0 ? `It works; ${count(noted, "thing")} to know` : "All is well";
}

function Health({ facts }: { facts: Facts }): ReactElement {
  const order = (ok: Check["ok"]): number => (ok === false ? 0 : ok === null ? 1 : 2);
  const sorted = [...facts.checks].sort((a, b) => order(a.ok) - order(b.ok));
  return (
    <section className={styles["card"]} aria-label="Health">
      <h2>{verdict(facts.checks)}</h2>
      <ul className={styles["checks"]}>
        {sorted.map(({ name, ok, detail, remedy }) => {
          const { icon, tone, word } = looks(ok);
          return (
            <li key={name} data-tone={tone}>
              <span className={styles["mark"]}>
                <Icon name={icon} />
                <span className="visually-hidden">{word}: </span>
              </span>
              <strong>{name}</strong>
              <span>
                {ok === true ? detail : sentence(detail)}
                {ok !== true && remedy !== "" && <em> {remedy}</em>}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Browsers({ pool }: { pool: Facts["pool"] }): ReactElement {
  const { browsers, captures, capture_mean_s: mean, waiting, failures } = pool;
  return (
    <section className={styles["card"]} aria-label="Browsers">
      <h2>Browsers</h2>
      <p>
        {count(captures, "picture")} since the start
        {mean !== null && `, ${mean.toFixed(2)} s each`}
        {waiting > 0 && ` · ${waiting} wait for a page`}
        {Object.keys(failures).length > 0 && ` · pages that failed: ${listed(failures, "none")}`}
      </p>
      <ul className={styles["browsers"]}>
        {browsers.map((browser) => (
          <li key={browser.name}>
            <strong>{browser.name}</strong>
            <span>
              {browser.state} · {browser.leases} of {browser.capacity} pages
              {browser.capturing > 0 && ` · ${browser.capturing} capturing`}
              {browser.rss_bytes !== null && ` · ${formatBytes(browser.rss_bytes)}`}
            </span>
            <span>
              started {browser.started}, replaced {browser.recycled}, died {browser.lost}, hung{" "}
              {browser.frozen}
            </span>
            {browser.failure !== null && <span className={styles["failure"]}>{browser.failure}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
