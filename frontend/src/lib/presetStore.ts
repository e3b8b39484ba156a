/** Where this browser keeps options under names. What they are is features/compose/presets.ts' business. */
const KEY = "pressrun.presets";

export function storedPresets(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** False: this browser keeps nothing, or has no room. */
export function storePresets(value: unknown): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Calls `listener` when another tab has changed them. */
export function onPresetsElsewhere(listener: () => void): () => void {
  const hear = ({ key }: StorageEvent): void => {
    if (key === KEY || key === null) listener();
  };
  addEventListener("storage", hear);
  return () => {
    removeEventListener("storage", hear);
  };
}

/** As they stand there; whatever is none is passed over. */
export function presetNames(stored = storedPresets()): string[] {
  try {
    const value: unknown = JSON.parse(stored ?? "null");
    if (!Array.isArray(value)) return [];
    return value.flatMap((entry: unknown) =>
      typeof entry === "object" && entry !== null && "name" in entry && typeof entry.name === "string"
        ? [entry.name]
        : [],
    );
  } catch {
    return [];
  }
}
