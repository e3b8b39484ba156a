import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { LaneStrip } from "@/features/lanes/LaneStrip";
import { readSearch } from "@/features/library/filters";
import { Library } from "@/features/library/Library";
import { useDocumentTitle } from "@/lib/useDocumentTitle";

export function RunsRoute(): ReactElement {
  // The router hands on what the address says beside what is known; only the latter counts.
  const search = readSearch(useSearch({ from: "/runs" }));
  const navigate = useNavigate();
  useDocumentTitle("Runs");
  return (
    <>
      <Library
        search={search}
        onSearch={(next, typing) => {
          void navigate({ to: "/runs", search: next, replace: typing });
        }}
      />
      <LaneStrip />
    </>
  );
}
