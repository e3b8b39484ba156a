import { t } from "@lingui/core/macro";
import { lazy, type ReactElement, Suspense, useEffect, useState } from "react";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { commandKey, isCommand } from "@/lib/platform";

// Their code comes with the first time that somebody wants them.
const Palette = lazy(async () => ({ default: (await import("./Palette")).Palette }));
const Shortcuts = lazy(async () => ({ default: (await import("./Shortcuts")).Shortcuts }));

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The button and the keys that open the palette and the list of keys, wherever one is. */
export function Keys(): ReactElement {
  const [open, setOpen] = useState<"palette" | "shortcuts" | null>(null);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
      if (isCommand(event) && event.key.toLowerCase() === "k") setOpen("palette");
      else if (event.key === "?" && !writes(event.target)) setOpen("shortcuts");
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
    };
  }, []);
  const close = (): void => {
    setOpen(null);
  };
  return (
    <>
      <Button
        aria-label={t`Go to …`}
        title={t`Go to … (${commandKey} K)`}
        aria-keyshortcuts="Control+K"
        onClick={() => {
          setOpen("palette");
        }}
      >
        <Icon name="search" />
      </Button>
      <Suspense fallback={null}>
        {open === "palette" && <Palette onClose={close} />}
        {open === "shortcuts" && <Shortcuts onClose={close} />}
      </Suspense>
    </>
  );
}
