/** What a run was asked for, as the server keeps it. */
import type { RunSpec } from "./types";

export type StoredSpec = RunSpec & { rerender_of?: string | null };

/** What makes the document; a rerender shows the one of an earlier run, whose spec has them, and cannot be given them. */
export const OF_THE_DOCUMENT = [
  "text",
  "html",
  "composer",
  "model_choice",
  "system_prompt",
  "enable_verification",
  "use_cache",
  "title",
  "theme",
  "attachments",
  "theme_css",
  "brand_accent",
  "brand_logo",
  "brand_heading_font",
  "brand_body_font",
  "footer",
  "page_numbers",
  "running_heading",
  "writing_mode",
] as const satisfies readonly (keyof RunSpec)[];
