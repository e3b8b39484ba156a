import { t } from "@lingui/core/macro";
import { type ReactElement, type SyntheticEvent, useState } from "react";
import { Button } from "@/components/Button";
import { Dialog, DialogActions } from "@/components/Dialog";
import { TextField } from "@/components/TextField";
import { figure } from "@/lib/format";
import styles from "./Presets.module.css";
import { LONGEST_NAME } from "./presets";

/** To React it still stands in the page's form, whose keys and whose button are not meant. */
const stop = (event: SyntheticEvent): void => {
  event.stopPropagation();
};

interface Props {
  title: string;
  name: string;
  taken: readonly string[];
  /** A name that is taken is given anew, rather than refused. */
  replaces: boolean;
  onName: (name: string) => void;
  onClose: () => void;
}

export function PresetName({ title, name, taken, replaces, onName, onClose }: Props): ReactElement {
  const [typed, setTyped] = useState(name);
  const wanted = typed.trim();
  const isTaken = wanted !== name && taken.includes(wanted);
  const problem =
    wanted.length > LONGEST_NAME
      ? t`At most ${figure(LONGEST_NAME)} characters.`
      : isTaken && !replaces
        ? t`There is one of that name.`
        : undefined;
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className={styles["name"]}
        method="dialog"
        onKeyDown={stop}
        onSubmit={(event) => {
          event.preventDefault();
          stop(event);
          if (wanted !== "" && problem === undefined) onName(wanted);
        }}
      >
        <p>{t`Theme, size, what is made and how: all but the text and its title. Kept in this browser.`}</p>
        <TextField name="presetName" label={t`Name`} value={typed} error={problem} onChange={setTyped} />
        <DialogActions>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" tone="primary" disabled={wanted === "" || problem !== undefined}>
            {isTaken ? t`Replace it` : t`Save`}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
