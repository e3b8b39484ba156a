import { msg, t } from "@lingui/core/macro";
import { Fragment, type ReactElement } from "react";
import { Button } from "@/components/Button";
import { Dialog, DialogActions } from "@/components/Dialog";
import { commandKey } from "@/lib/platform";
import styles from "./Palette.module.css";
import { say, type Words } from "@/lib/language";

const SHORTCUTS: readonly (readonly [keys: readonly string[], does: Words])[] = [
  [[commandKey, "K"], msg`Go to a page, a part of this run, or another run`],
  [["?"], msg`This list`],
  [[commandKey, "Enter"], msg`Generate, on the first page`],
  [["←", "→"], msg`Parts of a run, when one of them has the focus; slides, when one is shown large`],
  [["Home", "End"], msg`The first and the last of them`],
  [["F"], msg`Full screen, when a slide is shown large`],
  [["Esc"], msg`Close what is in front`],
];

/** Every key that does something here. */
export function Shortcuts({ onClose }: { onClose: () => void }): ReactElement {
  return (
    <Dialog title={t`Keys`} onClose={onClose}>
      <dl className={styles["keys"]}>
        {SHORTCUTS.map(([keys, does], row) => (
          <Fragment key={row}>
            <dt dir="ltr">
              {keys.map((key, place) => (
                <Fragment key={key}>
                  {place > 0 && " "}
                  <kbd>{key}</kbd>
                </Fragment>
              ))}
            </dt>
            <dd>{say(does)}</dd>
          </Fragment>
        ))}
      </dl>
      <DialogActions>
        <Button autoFocus onClick={onClose}>
          {t`Close`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
