/** The table of screens. Every screen has its own URL, so that a reload or a shared link shows the same thing. */
import { createRootRoute, createRoute, createRouter, type RouterHistory } from "@tanstack/react-router";
import { ComposeRoute } from "@/routes/ComposeRoute";
import { NotFoundRoute } from "@/routes/NotFoundRoute";
import { RunRoute } from "@/routes/RunRoute";
import { RunsRoute } from "@/routes/RunsRoute";
import { readSearch } from "@/features/library/filters";
import { ScreenError } from "./ScreenError";
import { Shell } from "./Shell";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundRoute,
  errorComponent: ScreenError,
});

const compose = createRoute({ getParentRoute: () => root, path: "/", component: ComposeRoute });
const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  component: RunsRoute,
  validateSearch: readSearch,
});
const run = createRoute({ getParentRoute: () => root, path: "/runs/$operationId", component: RunRoute });

const routeTree = root.addChildren([compose, runs, run]);

export const createAppRouter = (history?: RouterHistory) =>
  createRouter({
    routeTree,
    defaultErrorComponent: ScreenError,
    // Plain words in the address: what is typed there by hand is taken as it stands.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const text = new URLSearchParams(search as Record<string, string>).toString();
      return text === "" ? "" : `?${text}`;
    },
    ...(history && { history }),
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
