import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { LaneStrip } from "@/features/lanes/LaneStrip";
import { DiskUse } from "@/features/library/DiskUse";
import { System } from "@/features/system/System";
import { useDocumentTitle } from "@/lib/useDocumentTitle";

export function SystemRoute(): ReactElement {
  useDocumentTitle(t`Server`);
  return (
    <System>
      <LaneStrip />
      <DiskUse />
    </System>
  );
}
