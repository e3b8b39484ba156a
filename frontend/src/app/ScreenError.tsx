import type { ErrorComponentProps } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { explain } from "@/api/problems";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";

/** A screen broke: a bug of ours. The run, if there is one, is not touched by it. */
export function ScreenError({ error, reset }: ErrorComponentProps): ReactElement {
  return (
    <Notice
      tone="bad"
      level={1}
      role="alert"
      title="This page could not be shown"
      actions={<Button onClick={reset}>Show it again</Button>}
    >
      <p>{explain(error)} Runs go on all the same: they belong to the server, not to this page.</p>
    </Notice>
  );
}
