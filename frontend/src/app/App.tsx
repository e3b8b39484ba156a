/** Builds what lives as long as the page: the router, the run feeds and the query cache. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type RouterHistory, RouterProvider } from "@tanstack/react-router";
import { type ReactElement, useEffect, useState } from "react";
import { RunFeeds } from "@/stream/runFeeds";
import { RunFeedsContext } from "@/stream/useRun";
import { createAppRouter } from "./router";

/** `history` is the browser's own unless a test passes one. */
export function App({ history }: { history?: RouterHistory }): ReactElement {
  const [router] = useState(() => createAppRouter(history));
  const [feeds] = useState(() => new RunFeeds());
  const [queries] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: 1 } } }));
  useEffect(
    () => () => {
      feeds.close();
    },
    [feeds],
  );
  return (
    <QueryClientProvider client={queries}>
      <RunFeedsContext value={feeds}>
        <RouterProvider router={router} />
      </RunFeedsContext>
    </QueryClientProvider>
  );
}
