import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { getBlob } from "@/api/client";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { RefusalText } from "@/components/Refusal";
import { useAction } from "@/components/useAction";

/** Clipboards of browsers take no other kind of picture. */
async function asPng(url: string): Promise<Blob> {
  const blob = await getBlob(url);
  if (blob.type === "image/png") return blob;
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/png" });
}

/** Puts a picture on the clipboard. Not there where the browser has none for pictures (plain http from another machine). */
export function CopyPictureButton({
  url,
  onCopied,
}: {
  url: string;
  onCopied: () => void;
}): ReactElement | null {
  const { busy, refusal, run } = useAction();
  if (typeof ClipboardItem === "undefined") return null;
  const copy = async (): Promise<void> => {
    // the promise itself: Safari lets nobody write after an await
    if (await run(() => navigator.clipboard.write([new ClipboardItem({ "image/png": asPng(url) })])))
      onCopied();
  };
  return (
    <>
      <Button
        aria-label={t`Copy the picture`}
        title={t`Copy the picture`}
        disabled={busy}
        onClick={() => void copy()}
      >
        <Icon name="copy" />
      </Button>
      <RefusalText text={refusal} />
    </>
  );
}
