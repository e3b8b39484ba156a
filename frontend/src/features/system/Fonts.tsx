import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import { explain } from "@/api/problems";
import { getFonts } from "@/api/system";
import type { FontProof } from "@/api/types";
import { Button } from "@/components/Button";
import { count } from "@/lib/format";
import card from "./System.module.css";
import styles from "./Fonts.module.css";

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
    <section className={card["card"]} aria-label="Fonts" aria-busy={isFetching}>
      <h2>Fonts</h2>
      <p>
        {data === undefined ? "How the slides of this server show the scripts of the world." : verdict(data)}
      </p>
      {error !== null && !isFetching && <p role="alert">{explain(error)}</p>}
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
          {isFetching ? "Drawing …" : data === undefined ? "Draw a line of each script" : "Draw them again"}
        </Button>
      </div>
    </section>
  );
}

function verdict(proofs: readonly FontProof[]): string {
  const missing = proofs.filter(({ drawn }) => !drawn);
  if (missing.length === 0) return `All of these ${count(proofs.length, "script")} are drawn.`;
  return `No font here has all of ${missing.map(({ script }) => script).join(", ")}.`;
}

function Line({ proof }: { proof: FontProof }): ReactElement {
  const { script, language, line, drawn, font, remedy, picture } = proof;
  return (
    <li data-drawn={drawn}>
      <strong>{script}</strong>
      <span className={styles["font"]}>{drawn ? font : "Boxes instead of letters"}</span>
      <img src={picture} alt={line} lang={language} width={960} height={66} />
      {remedy !== "" && <p>{remedy}</p>}
    </li>
  );
}
