import { type ComponentType, lazy, type LazyExoticComponent } from "react";

const PAUSE_MS = 2000; // arbitrary (1..5 s)
const MOST_TRIES = 5; // of a server that answers: files of an older page are gone from it

/** A component whose code comes when it is drawn; where the line is down it is asked for again until it comes. */
export function laterCode<P extends object>(
  load: () => Promise<ComponentType<P>>,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => ({ default: await patiently(load) }));
}

async function patiently<T>(load: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await load();
    } catch (error) {
      if (!navigator.onLine) tries = 0;
      else if (tries >= MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
