import type { ReactElement } from "react";
import { Notice } from "@/components/Notice";
import { count } from "@/lib/format";
import type { RunWarning } from "@/stream/reduceRun";
import { warningWords } from "./words";

export function Warnings({ warnings }: { warnings: readonly RunWarning[] }): ReactElement | null {
  if (warnings.length === 0) return null;
  return (
    <Notice tone="warning" title={count(warnings.length, "warning")}>
      <ul>
        {warnings.map(({ seq, code, message }) => (
          <li key={seq}>
            {warningWords(code, message)} <code>{code}</code>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
