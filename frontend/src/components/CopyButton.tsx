import { t } from "@lingui/core/macro";
import { type ReactElement, useEffect, useState } from "react";
import { Button } from "./Button";
import { Icon } from "./Icon";

interface Props {
  /** A function where it is long, and worked out only for who asks. */
  text: string | (() => string);
  label: string;
}

/** Copies `text`; says whether that worked (browsers refuse outside of https and localhost). */
export function CopyButton({ text, label }: Props): ReactElement {
  const [outcome, setOutcome] = useState<"copied" | "refused" | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => {
      setOutcome(null);
    }, 2500);
    return () => {
      clearTimeout(timer);
    };
  }, [outcome]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setOutcome("copied");
    } catch {
      setOutcome("refused");
    }
  };
  const words = { copied: t`Copied`, refused: t`Select and copy by hand` };
  return (
    <Button onClick={() => void copy()} aria-label={label}>
      <Icon name={outcome === "copied" ? "check" : "copy"} />
      <span aria-live="polite">{outcome === null ? t`Copy` : words[outcome]}</span>
    </Button>
  );
}
