import { useState } from "react";

/** A choice that this browser keeps; as good as new where it keeps nothing. */
export function useKept(key: string, otherwise: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => {
    try {
      return localStorage.getItem(key) ?? otherwise;
    } catch {
      return otherwise;
    }
  });
  const keep = (next: string): void => {
    setValue(next);
    try {
      localStorage.setItem(key, next);
    } catch {
      // Storage is off: it is kept as long as the page.
    }
  };
  return [value, keep];
}
