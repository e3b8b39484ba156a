import { t } from "@lingui/core/macro";
import { type ReactElement, Suspense, useState } from "react";
import { createPortal } from "react-dom";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Field";
import { Icon } from "@/components/Icon";
import { laterCode } from "@/lib/laterCode";
import type { Draft } from "./draft";
import { chosenPreset, MOST_PRESETS, type Preset, removed, renamed, savedAs } from "./presets";
import styles from "./Presets.module.css";
import { usePresets } from "./usePresets";

// Its code comes when somebody wants to save or to rename.
const PresetName = laterCode(async () => (await import("./PresetName")).PresetName);

interface Props {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
}

/** Options that were saved under a name: to choose, to save, to rename, to delete. */
export function Presets({ draft, onChange }: Props): ReactElement {
  const { presets, kept, change } = usePresets();
  const [asking, setAsking] = useState<"save" | "rename" | null>(null);
  const [undo, setUndo] = useState<{ words: string; back: () => void } | null>(null);
  const chosen = chosenPreset(presets, draft);
  const choose = (name: string): void => {
    const preset = presets.find((each) => each.name === name);
    if (preset === undefined) return;
    onChange(preset.options);
    setUndo(null);
  };
  const remove = ({ name }: Preset): void => {
    change(removed(presets, name));
    setUndo({
      words: t`“${name}” is deleted.`,
      back: () => {
        change(presets);
      },
    });
  };
  const close = (): void => {
    setAsking(null);
  };
  return (
    <div className={styles["presets"]}>
      {presets.length > 0 && (
        <Choice
          legend={t`Presets`}
          name="preset"
          type="radio"
          options={presets.map(({ name }) => ({ value: name, label: <bdi>{name}</bdi> }))}
          chosen={chosen === undefined ? [] : [chosen.name]}
          onChange={choose}
        />
      )}
      <div className={styles["actions"]}>
        <Button
          disabled={chosen !== undefined || presets.length >= MOST_PRESETS}
          onClick={() => {
            setAsking("save");
          }}
        >
          <Icon name="plus" />
          {t`Save these options …`}
        </Button>
        {chosen !== undefined && (
          <>
            <Button
              onClick={() => {
                setAsking("rename");
              }}
            >
              <Icon name="edit" />
              {t`Rename …`}
            </Button>
            <Button
              onClick={() => {
                remove(chosen);
              }}
            >
              <Icon name="trash" />
              {t`Delete`}
            </Button>
          </>
        )}
        <span role="status" className={styles["said"]}>
          {undo?.words} {!kept && t`This browser keeps nothing: presets go with this page.`}
        </span>
        {undo !== null && (
          <Button
            onClick={() => {
              undo.back();
              setUndo(null);
            }}
          >
            {t`Bring it back`}
          </Button>
        )}
      </div>
      {asking !== null &&
        // a form of its own, and no form may stand in another
        createPortal(
          <Suspense fallback={null}>
            <PresetName
              title={asking === "save" ? t`Save these options` : t`Rename the preset`}
              name={asking === "save" ? "" : (chosen?.name ?? "")}
              taken={presets.map(({ name }) => name)}
              replaces={asking === "save"}
              onName={(name) => {
                change(
                  asking === "save"
                    ? savedAs(presets, name, draft)
                    : renamed(presets, chosen?.name ?? "", name),
                );
                setUndo(null);
                close();
              }}
              onClose={close}
            />
          </Suspense>,
          document.body,
        )}
    </div>
  );
}
