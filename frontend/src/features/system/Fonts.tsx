import { t, plural } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import { explain } from "@/api/problems";
import { getFonts } from "@/api/system";
import type { FontProof } from "@/api/types";
import { Button } from "@/components/Button";
import card from "./System.module.css";
import styles from "./Fonts.module.css";
import { ServerWords } from "@/components/ServerWords";

/** A line of each script as this server's slides show it; drawn when somebody asks, for it takes a page of a browser. */
export function Fonts(): ReactElement {
  const [wanted, setWanted] = useState(false);
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["system", "fonts"],
    queryFn: ({ signal }) => getFonts(signal),
    enabled: wanted,
    staleTime: Infinity,
    retry: false,
  });
  return (
    <section className={card["card"]} aria-label={t`Fonts`} aria-busy={isFetching}>
      <h2>{t`Fonts`}</h2>
      <p>
        {data === undefined ? t`How the slides of this server show the scripts of the world.` : verdict(data)}
      </p>
      {error !== null && !isFetching && (
        <p role="alert" dir="auto">
          {explain(error)}
        </p>
      )}
      {data !== undefined && (
        <ul className={styles["scripts"]}>
          {[...data.filter(({ drawn }) => !drawn), ...data.filter(({ drawn }) => drawn)].map((proof) => (
            <Line key={proof.script} proof={proof} />
          ))}
        </ul>
      )}
      <div>
        <Button
          disabled={isFetching}
          onClick={() => {
            if (wanted) void refetch();
            else setWanted(true);
          }}
        >
          {isFetching
            ? t`Drawing …`
            : data === undefined
              ? t`Draw a line of each script`
              : t`Draw them again`}
        </Button>
      </div>
    </section>
  );
}

function verdict(proofs: readonly FontProof[]): string {
  const missing = proofs.filter(({ drawn }) => !drawn);
  if (missing.length === 0)
    return plural(proofs.length, {
      one: "All of these # script are drawn.",
      other: "All of these # scripts are drawn.",
    });
  return t`No font here has all of ${missing.map(({ script }) => script).join(t`, `)}.`;
}

function Line({ proof }: { proof: FontProof }): ReactElement {
  const { script, language, line, drawn, font, remedy, picture } = proof;
  return (
    <li data-drawn={drawn}>
      <strong lang="en">{script}</strong>
      <span className={styles["font"]}>{drawn ? font : t`Boxes instead of letters`}</span>
      <img src={picture} alt={line} lang={language} width={960} height={66} />
      {remedy !== "" && <ServerWords text={remedy} />}
    </li>
  );
}
