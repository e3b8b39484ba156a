import { Fragment, type ReactElement } from "react";
import { Button } from "@/components/Button";
import { Dialog, DialogActions } from "@/components/Dialog";
import { commandKey } from "@/lib/platform";
import styles from "./Palette.module.css";

const SHORTCUTS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [[commandKey, "K"], "Go to a page, a part of this run, or another run"],
  [["?"], "This list"],
  [[commandKey, "Enter"], "Generate, on the first page"],
  [["←", "→"], "Parts of a run, when one of them has the focus; slides, when one is shown large"],
  [["Home", "End"], "The first and the last of them"],
  [["F"], "Full screen, when a slide is shown large"],
  [["Esc"], "Close what is in front"],
];

/** Every key that does something here. */
export function Shortcuts({ onClose }: { onClose: () => void }): ReactElement {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className={styles["keys"]}>
        {SHORTCUTS.map(([keys, does]) => (
          <Fragment key={does}>
            <dt>
              {keys.map((key, place) => (
                <Fragment key={key}>
                  {place > 0 && " "}
                  <kbd>{key}</kbd>
                </Fragment>
              ))}
            </dt>
            <dd>{does}</dd>
          </Fragment>
        ))}
      </dl>
      <DialogActions>
        <Button autoFocus onClick={onClose}>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}
