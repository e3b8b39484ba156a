import { t } from "@lingui/core/macro";
import { type ReactElement, useEffect, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import { announcement } from "./words";
import { titleOf } from "@/lib/format";

type Asked = "no" | "yes" | "refused";

/** Browsers have it on https and on this machine alone. */
const isPossible = (): boolean => typeof Notification !== "undefined" && isSecureContext;

/** "Tell me when it ends": for somebody who goes on to another tab meanwhile. Not there where the browser cannot. */
export function TellMe({ view }: { view: RunView }): ReactElement | null {
  const [asked, setAsked] = useState<Asked>("no");
  const ended = hasEnded(view.status);
  const told = useRef(false);
  useEffect(() => {
    if (!ended) told.current = false; // a retry ends once more
    if (!ended || asked !== "yes" || told.current) return;
    told.current = true;
    if (document.visibilityState === "visible") return; // it is seen
    try {
      const notification = new Notification(titleOf(view.title), {
        body: announcement(view),
        tag: view.operationId,
      });
      notification.onclick = () => {
        window.focus();
        notification.close();
      };
    } catch {
      // Chrome on Android lets service workers alone make one
    }
  }, [ended, asked, view]);
  if (!isPossible() || ended) return null;
  const ask = async (): Promise<void> => {
    setAsked((await Notification.requestPermission()) === "granted" ? "yes" : "refused");
  };
  return (
    <Button
      disabled={asked === "yes"}
      title={asked === "refused" ? t`This browser does not allow this page to tell you` : undefined}
      onClick={() => void ask()}
    >
      <Icon name="bell" />
      {
        { no: t`Tell me when it ends`, yes: t`You will be told`, refused: t`Not allowed by the browser` }[
          asked
        ]
      }
    </Button>
  );
}
