import type { ReactElement } from "react";
import { RunList } from "@/features/library/RunList";
import { useDocumentTitle } from "@/lib/useDocumentTitle";

export function RunsRoute(): ReactElement {
  useDocumentTitle("Runs");
  return <RunList limit={25} paged />;
}
