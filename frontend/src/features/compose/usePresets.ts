import { useEffect, useRef, useState } from "react";
import { onPresetsElsewhere, storedPresets, storePresets } from "@/lib/presetStore";
import type { Draft } from "./draft";
import { type Preset, readPresets } from "./presets";

interface KeptPresets {
  presets: readonly Preset[];
  /** False: this browser did not keep them, so a reload loses them. */
  kept: boolean;
  change: (next: readonly Preset[]) => void;
}

/** The presets of this browser, the same in all its tabs. */
export function usePresets(): KeptPresets {
  const [presets, setPresets] = useState<readonly Preset[]>(() => readPresets(storedPresets()));
  const [kept, setKept] = useState(true);
  useEffect(
    () =>
      onPresetsElsewhere(() => {
        setPresets(readPresets(storedPresets()));
      }),
    [],
  );
  const change = (next: readonly Preset[]): void => {
    setPresets(next);
    setKept(storePresets(next));
  };
  return { presets, kept, change };
}

/** The options of the preset that the address names take the place of those here, once; `onDone` cleans the address. */
export function usePresetFromAddress(
  name: string | undefined,
  onChange: (change: Partial<Draft>) => void,
  onDone: () => void,
): void {
  const tell = useRef({ onChange, onDone });
  useEffect(() => {
    tell.current = { onChange, onDone };
  });
  useEffect(() => {
    if (name === undefined) return;
    const preset = readPresets(storedPresets()).find((each) => each.name === name);
    if (preset !== undefined) tell.current.onChange(preset.options);
    tell.current.onDone();
  }, [name]);
}
