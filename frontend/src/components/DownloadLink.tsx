import type { ReactElement, ReactNode } from "react";
import { getBlob } from "@/api/client";
import { Button, buttonClass, type ButtonTone } from "./Button";
import { RefusalText } from "./Refusal";
import { useAccess } from "./useAccess";
import { useAction } from "./useAction";

interface Props {
  url: string;
  /** What the file is called on the person's disk. */
  filename: string;
  label: string;
  tone?: ButtonTone;
  children: ReactNode;
}

/** Saves a file. A link of the browser's own, unless the file has to be asked for with a token. */
export function DownloadLink({ url, filename, label, tone = "plain", children }: Props): ReactElement {
  const { token } = useAccess();
  const { busy, refusal, run } = useAction();
  if (token === null) {
    return (
      <a className={buttonClass(tone)} href={url} download aria-label={label}>
        {children}
      </a>
    );
  }
  return (
    <>
      <Button
        tone={tone}
        aria-label={label}
        aria-busy={busy}
        disabled={busy}
        onClick={() =>
          void run(async () => {
            save(await getBlob(url), filename);
          })
        }
      >
        {children}
      </Button>
      <RefusalText text={refusal} />
    </>
  );
}

/** As a type that no browser shows: a run's document must not open as a page of this origin. */
function save(blob: Blob, filename: string): void {
  const url = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 0);
}
