import type { ReactElement } from "react";
import { runUrl } from "@/api/runs";
import type { Run } from "@/api/types";
import { SmallPicture } from "@/components/SmallPicture";

/** What a run looks like: its first slide, small. The link that it is in has the run's name. */
export function FirstSlide({ run }: { run: Run }): ReactElement {
  const name = run.result?.screenshot_files[0];
  return <SmallPicture url={name === undefined ? null : `${runUrl(run.operation_id)}/files/${name}`} />;
}
