import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import { explain } from "@/api/problems";
import { explainAdmission } from "@/api/runs";
import type { GenerateRequest } from "@/api/types";
import { RefusalText } from "@/components/Refusal";
import styles from "./BusyCard.module.css";

/** In which fields a request differs from the run in the way: asked when somebody wants to know. */
export function Differences({ request }: { request: GenerateRequest }): ReactElement {
  const [open, setOpen] = useState(false);
  return (
    <details
      className={styles["differences"]}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{t`What differs?`}</summary>
      {open && <Fields request={request} />}
    </details>
  );
}

function Fields({ request }: { request: GenerateRequest }): ReactElement {
  const { data, error } = useQuery({
    queryKey: ["explain", request],
    queryFn: ({ signal }) => explainAdmission(request, signal),
    gcTime: 0, // it may hold a whole text
  });
  if (error !== null) return <RefusalText text={explain(error)} />;
  if (data === undefined) return <p role="status">{t`Asking …`}</p>;
  if (data.differences.length === 0) {
    return (
      <p>{data.run === null ? t`Nothing is in the way any more.` : t`Nothing: it is the same request.`}</p>
    );
  }
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t`Field`}</th>
          <th scope="col">{t`That run`}</th>
          <th scope="col">{t`Yours`}</th>
        </tr>
      </thead>
      <tbody>
        {data.differences.map(({ field, requested, active }) => (
          <tr key={field}>
            <th scope="row">
              <code>{field}</code>
            </th>
            <td dir="auto">{shown(active)}</td>
            <td dir="auto">{shown(requested)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MOST = 80; // enough to tell two texts apart

function shown(value: unknown): string {
  if (value === null || value === undefined) return t`none`;
  const text =
    typeof value === "string" ? value : Array.isArray(value) ? value.join(t`, `) : JSON.stringify(value);
  return text.length > MOST ? `${Array.from(text).slice(0, MOST).join("")}…` : text;
}
