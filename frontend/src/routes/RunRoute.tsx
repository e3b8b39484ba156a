import { useParams } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { RunScreen } from "@/features/run/RunScreen";

export function RunRoute(): ReactElement {
  const { operationId } = useParams({ from: "/runs/$operationId" });
  return <RunScreen key={operationId} operationId={operationId} />;
}
