/** The table of screens. Every screen has its own URL, so that a reload or a shared link shows the same thing. */
import type { QueryClient } from "@tanstack/react-query";
import {
  type ComponentType,
  lazy,
  type ReactElement,
  Suspense,
  useDeferredValue,
  useEffect,
  useRef,
  useState,
} from "react";
import { Route, Router, Switch, useLocation, useSearch } from "wouter";
import { ScreenBoundary } from "./ScreenError";

/** One whose code is there is drawn at once: React shows what it has waited for 300 ms after the place that it left empty. */
function screen(path: string, load: () => Promise<ComponentType>) {
  let ready: ComponentType | null = null;
  const loaded = async (): Promise<ComponentType> => (ready = await load());
  const Later = lazy(async () => ({ default: await loaded() }));
  const Screen = (): ReactElement => {
    const [Shown] = useState<ComponentType>(() => ready ?? Later); // it stays the same, and so does what it holds
    return <Shown />;
  };
  return { path, load: loaded, Screen };
}

const SCREENS = [
  screen("/", async () => (await import("@/routes/ComposeRoute")).ComposeRoute),
  screen("/runs", async () => (await import("@/routes/RunsRoute")).RunsRoute),
  screen("/runs/:operationId", async () => (await import("@/routes/RunRoute")).RunRoute),
  screen("/system", async () => (await import("@/routes/SystemRoute")).SystemRoute),
];

const Unknown = lazy(async () => ({ default: (await import("@/routes/NotFoundRoute")).NotFoundRoute }));

/** The code of the screen of that address, if it has one; who goes there is told where it does not come. */
export async function loadScreen(address: string): Promise<void> {
  const named = SCREENS.find(({ path }) =>
    path.endsWith(":operationId") ? /^\/runs\/[^/]+$/.test(address) : path === address,
  );
  await named?.load().catch(() => undefined);
}

/** What a page waits for before it shows a list without its rows. Arbitrary (100..500 ms). */
const PATIENCE_MS = 200;

/** What the screen of that address shows first, where it comes soon: one picture of a list rather than two. */
export async function askFirst(queries: QueryClient, { pathname, search }: Location): Promise<void> {
  if (pathname !== "/runs") return;
  try {
    const { askRuns } = await import("@/routes/RunsRoute");
    await Promise.race([
      askRuns(queries, search),
      new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
    ]);
  } catch {
    // The screen says what did not come.
  }
}

/** The code of a screen comes while somebody points at a link to it. */
function usePreload(): void {
  useEffect(() => {
    const abort = new AbortController();
    const onLink = ({ target }: Event): void => {
      const link = target instanceof Element ? target.closest<HTMLAnchorElement>("a[href]") : null;
      if (link?.origin !== location.origin) return;
      void loadScreen(link.pathname);
    };
    for (const name of ["pointerover", "focusin"]) {
      document.addEventListener(name, onLink, { signal: abort.signal, passive: true });
    }
    return () => {
      abort.abort();
    };
  }, []);
}

/** A screen that somebody goes to begins at its top; one that they come back to is where the browser puts it. */
function useTop(path: string): void {
  const cameBack = useRef(true); // the first screen is the browser's, too
  useEffect(() => {
    const onBack = (): void => {
      cameBack.current = true;
    };
    addEventListener("popstate", onBack);
    return () => {
      removeEventListener("popstate", onBack);
    };
  }, []);
  useEffect(() => {
    if (!cameBack.current) scrollTo(0, 0);
    cameBack.current = false;
  }, [path]);
}

/** The screen of the address; the one before stays until the code of the next has come. */
export function Screens(): ReactElement {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const shown = useDeferredValue(`${path}?${search}`);
  const [shownPath = "", shownSearch = ""] = shown.split(/\?(.*)/s);
  usePreload();
  useTop(shownPath);
  return (
    <Router hook={() => [shownPath, navigate]} searchHook={() => shownSearch}>
      <ScreenBoundary key={shownPath}>
        <Suspense fallback={null}>
          <Switch>
            {SCREENS.map(({ path: pattern, Screen }) => (
              <Route key={pattern} path={pattern}>
                <Screen />
              </Route>
            ))}
            <Route>
              <Unknown />
            </Route>
          </Switch>
        </Suspense>
      </ScreenBoundary>
    </Router>
  );
}
