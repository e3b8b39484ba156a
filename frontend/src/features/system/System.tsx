import { t, plural, msg } from "@lingui/core/macro";
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
import { dotted, figure, formatBytes, hundredths, sentence } from "@/lib/format";
import { Fonts } from "./Fonts";
import { Settings } from "./Settings";
import styles from "./System.module.css";
import { locale, say, type Words } from "@/lib/language";

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
    return error === null ? <p role="status">{t`Looking at the server …`}</p> : <NotShown error={error} />;
  return (
    <>
      <header className={styles["head"]}>
        <h1>{t`Server`}</h1>
        <Button disabled={isFetching} onClick={() => void refetch()}>
          <Icon name="retry" />
          {isFetching ? t`Looking …` : t`Look again`}
        </Button>
      </header>
      <Health facts={data} />
      <Browsers pool={data.pool} />
      <section className={styles["card"]} aria-label={t`Runs, lanes and disk`}>
        <h2>{t`Runs, lanes and disk`}</h2>
        <p>{listed(data.runs, t`no runs yet`, statusNames)}</p>
        {Object.keys(data.webhooks).length > 0 && (
          <p>{t`Webhooks: ${listed(data.webhooks, "", webhookNames)}`}</p>
        )}
        {children}
      </section>
      <section className={styles["card"]} aria-label={t`This server`}>
        <h2>{t`This server`}</h2>
        <dl className={styles["facts"]}>
          <dt>Pressrun</dt>
          <dd>{data.version}</dd>
          <dt>Python</dt>
          <dd>{data.python}</dd>
          <dt>Chromium</dt>
          <dd>{data.pool.version ?? t`none is running`}</dd>
          <dt>{t`Process`}</dt>
          <dd>{figure(data.process_id)}</dd>
          <dt>{t`AI composer`}</dt>
          <dd>{data.ai_model ?? t`not configured: text is composed by Markdown`}</dd>
          <dt>{t`For programs`}</dt>
          <dd>
            <a href="/docs">{t`Description of the API`}</a> · <a href="/metrics">{t`Metrics`}</a>
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
      title={forbidden ? t`For whoever runs the server` : t`The server did not say`}
    >
      <p>{explain(error)}</p>
    </Notice>
  );
}

const webhookNames: Readonly<Record<string, Words>> = {
  waiting: msg`waiting`,
  due: msg`due`,
  delivered: msg`delivered`,
  given_up: msg`given up`,
};

/** "3 complete, 1 error" */
function listed(
  counts: Readonly<Record<string, number>>,
  none: string,
  names: Readonly<Record<string, Words>> = {},
): string {
  const some = Object.entries(counts).filter(([, number]) => number > 0);
  const nameOf = (name: string): string => {
    const named = names[name];
    return named === undefined ? name.replaceAll("_", " ") : say(named).toLocaleLowerCase(locale());
  };
  return some.length === 0
    ? none
    : some.map(([name, amount]) => `${figure(amount)} ${nameOf(name)}`).join(t`, `);
}

type Check = Facts["checks"][number];
const looks = (ok: Check["ok"]): { icon: IconName; tone: "good" | "note" | "bad"; word: string } =>
  ok === true
    ? { icon: "check", tone: "good", word: t`Well` }
    : ok === false
      ? { icon: "alert", tone: "bad", word: t`Wrong` }
      : { icon: "alert", tone: "note", word: t`To know` };

/** "All is well" only where nothing is to be said: a row that warns is none of that. */
function verdict(checks: Facts["checks"]): string {
  const wrong = checks.filter(({ ok }) => ok === false).length;
  const noted = checks.filter(({ ok }) => ok === null).length;
  if (wrong > 0) return plural(wrong, { one: "# thing to mend", other: "# things to mend" });
  if (noted === 0) return t`All is well`;
  return plural(noted, { one: "It works; # thing to know", other: "It works; # things to know" });
}

function Health({ facts }: { facts: Facts }): ReactElement {
  const order = (ok: Check["ok"]): number => (ok === false ? 0 : ok === null ? 1 : 2);
  const sorted = [...facts.checks].sort((a, b) => order(a.ok) - order(b.ok));
  return (
    <section className={styles["card"]} aria-label={t`Health`}>
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
              <strong lang="en">{name}</strong>
              <span>
                <bdi lang="en">{ok === true ? detail : sentence(detail)}</bdi>
                {ok !== true && remedy !== "" && (
                  <em lang="en" dir="auto">
                    {" "}
                    {remedy}
                  </em>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const browserStates: Readonly<Record<string, Words>> = {
  stopped: msg`stopped`,
  starting: msg`starting`,
  up: msg`up`,
  failed: msg`failed`,
};

function Browsers({ pool }: { pool: Facts["pool"] }): ReactElement {
  const { browsers, captures, capture_mean_s: mean, waiting, failures } = pool;
  const each = mean === null ? "" : t`${hundredths(mean)} s`;
  return (
    <section className={styles["card"]} aria-label={t`Browsers`}>
      <h2>{t`Browsers`}</h2>
      <p>
        {dotted(
          mean === null
            ? plural(captures, { one: "# picture since the start", other: "# pictures since the start" })
            : plural(captures, {
                one: `# picture since the start, ${each} each`,
                other: `# pictures since the start, ${each} each`,
              }),
          waiting === 0 ? null : plural(waiting, { one: "# wait for a page", other: "# wait for a page" }),
          Object.keys(failures).length === 0 ? null : t`pages that failed: ${listed(failures, "")}`,
        )}
      </p>
      <ul className={styles["browsers"]}>
        {browsers.map((browser) => (
          <li key={browser.name}>
            <strong>{browser.name}</strong>
            <span>
              {dotted(
                say(browserStates[browser.state] ?? browser.state),
                t`${figure(browser.leases)} of ${figure(browser.capacity)} pages`,
                browser.capturing === 0 ? null : t`${figure(browser.capturing)} capturing`,
                browser.rss_bytes === null ? null : formatBytes(browser.rss_bytes),
              )}
            </span>
            <span>
              {t`started ${figure(browser.started)}, replaced ${figure(browser.recycled)}, died ${figure(browser.lost)}, hung ${figure(browser.frozen)}`}
            </span>
            {browser.failure !== null && <span className={styles["failure"]}>{browser.failure}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
