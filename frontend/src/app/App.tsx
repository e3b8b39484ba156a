/** Builds what lives as long as the page: the router, the run feeds and the query cache. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { type ReactElement, useState } from "react";
import { RunFeeds } from "@/stream/runFeeds";
import { RunFeedsContext } from "@/stream/useRun";
import { createAppRouter } from "./router";

export function App(): ReactElement {
  const [router] = useState(createAppRouter);
  const [feeds] = useState(() => new RunFeeds());
  const [queries] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: 1 } } }));
  return (
    <QueryClientProvider client={queries}>
      <RunFeedsContext value={feeds}>
        <RouterProvider router={router} />
      </RunFeedsContext>
    </QueryClientProvider>
  );
}
