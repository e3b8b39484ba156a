import type { ReactElement } from "react";

/** A paragraph in the server's own words: they are English, whatever the page speaks. */
export function ServerWords({ text }: { text: string }): ReactElement {
  return (
    <p lang="en" dir="auto">
      {text}
    </p>
  );
}
