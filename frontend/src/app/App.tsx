/** Builds what lives as long as the page: the place of the run feeds and the query cache. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { type ReactElement, useEffect, useState, useSyncExternalStore } from "react";
import { Router, type RouterOptions } from "wouter";
import { access, type AccessState } from "@/api/access";
import { reach } from "@/api/reach";
import { ProblemError } from "@/api/problems";
import { FeedsPlace, FeedsPlaceContext } from "@/stream/feedsPlace";
import { Shell } from "./Shell";
import { language, onLanguage } from "@/lib/language";

/** What the server refused will be refused again; a lost answer is worth a second try. */
export const newQueries = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) =>
          failures < 1 && !(error instanceof ProblemError && error.problem.status < 500),
      },
    },
  });

interface Props {
  /** The browser's own unless a test passes one. */
  location?: RouterOptions;
  queries: QueryClient;
}

export function App({ location = {}, queries }: Props): ReactElement {
  const [feeds] = useState(() => new FeedsPlace());
  useSyncExternalStore(onLanguage, language); // all below is said anew, and keeps what it holds
  useEffect(() => feeds.attend(), [feeds]);
  // What could not be had while the server was away is asked for as soon as it is back.
  useEffect(
    () =>
      reach.onRestored(() => {
        void queries.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
      }),
    [queries],
  );
  useEffect(() => {
    let before: AccessState = access.read();
    return access.subscribe(() => {
      const { token } = access.read();
      if (token === before.token) return;
      before = access.read();
      // Somebody else is here: nothing that was shown to the one before may be left.
      if (token === null) queries.clear();
      else void queries.resetQueries();
    });
  }, [queries]);
  return (
    <QueryClientProvider client={queries}>
      <FeedsPlaceContext value={feeds}>
        <I18nProvider i18n={i18n}>
          <Router {...location}>
            <Shell />
          </Router>
        </I18nProvider>
      </FeedsPlaceContext>
    </QueryClientProvider>
  );
}
