import type { ReactElement } from "react";
import { Notice } from "@/components/Notice";
import type { RunWarning } from "@/stream/reduceRun";
import { isOwn, warningWords } from "./words";
import { plural } from "@lingui/core/macro";

export function Warnings({ warnings }: { warnings: readonly RunWarning[] }): ReactElement | null {
  if (warnings.length === 0) return null;
  return (
    <Notice tone="warning" title={plural(warnings.length, { one: "# warning", other: "# warnings" })}>
      <ul>
        {warnings.map(({ seq, code, message }) => (
          <li key={seq}>
            <bdi lang={isOwn(code) ? undefined : "en"}>{warningWords(code, message)}</bdi> <code>{code}</code>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
