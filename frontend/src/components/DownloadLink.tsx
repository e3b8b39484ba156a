import type { ReactElement, ReactNode } from "react";
import { getBlob } from "@/api/client";
import { save } from "@/lib/save";
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
      <a className={buttonClass(tone)} href={url} download={filename} aria-label={label}>
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
