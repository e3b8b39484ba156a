/** What stands under "Everything else": a row for each field of a request that has no place of its own. tsc asks for it. */
import type { GenerateRequest } from "@/api/types";
import type { MoreName } from "./draft";

export type Row =
  | { kind: "select"; label: string; options: Readonly<Record<string, string>> }
  | { kind: "switch"; label: string }
  /** `times`: what is typed is that many times what the wire has. */
  | { kind: "number"; label: string; least: number; most: number; times?: number; hint?: string }
  | { kind: "line"; label: string; hint?: string }
  | { kind: "text"; label: string; hint?: string }
  | { kind: "files"; label: string };

/** A name for each of the values of that field; what may be left open has a name for that, too. */
const select = <N extends MoreName>(
  label: string,
  options: Readonly<Record<NonNullable<GenerateRequest[N]> & string, string>>,
): Row => ({ kind: "select", label, options });

export const ROWS: Readonly<Record<MoreName, Row>> = {
  page_breaks: select<"page_breaks">("Where slides end", {
    auto: "As fits the source",
    compose: "Each composed on its own",
    blocks: "Between blocks",
    scroll: "By height alone",
  }),
  overlap: { kind: "number", label: "Shown twice where a window ends, in px", least: 0, most: 4320 },
  running_heading: select<"running_heading">("A heading that goes on", {
    auto: "As the text says",
    numbered: "Repeated, with its part (2/3)",
    plain: "Repeated",
    none: "Not repeated",
  }),
  viewport_width: { kind: "number", label: "Width of a slide, in px", least: 320, most: 7680 },
  viewport_height: { kind: "number", label: "Height of a slide, in px", least: 240, most: 4320 },
  require_coverage: {
    kind: "number",
    label: "Fail where less of the text is shown than, in %",
    least: 0,
    most: 100,
    times: 100,
    hint: "Never fail",
  },
  image_quality: { kind: "number", label: "Quality of JPEG and WebP", least: 1, most: 100 },
  brand_heading_font: { kind: "line", label: "Font of headings", hint: "The theme’s own" },
  brand_body_font: { kind: "line", label: "Font of the text", hint: "The theme’s own" },
  theme_css: { kind: "text", label: "Style rules (CSS) on top of the theme", hint: "h1 { color: teal }" },
  composer: select<"composer">("Who makes the document of a text", {
    auto: "Whoever the server has",
    markdown: "Markdown",
    ai: "The AI model",
  }),
  model_choice: { kind: "line", label: "AI model", hint: "The server’s own" },
  system_prompt: { kind: "text", label: "What the AI model is told", hint: "The server’s own words" },
  enable_verification: { kind: "switch", label: "Check what the AI model wrote" },
  use_cache: { kind: "switch", label: "Use earlier answers of the AI model" },
  voice_rate: { kind: "number", label: "Pace of the voice, 1 is its own", least: 0.5, most: 2 },
  attachments: { kind: "files", label: "Files that the source names" },
  output_name: { kind: "line", label: "Name of the folder with the files", hint: "From the title" },
  lane: { kind: "line", label: "Lane", hint: "default" },
  priority: { kind: "number", label: "Priority in the line, higher first", least: -100, most: 100 },
  on_busy: select<"on_busy">("If another run is in progress", {
    reject: "Ask me",
    queue: "Wait for it",
    replace: "Cancel it",
    join: "Show that one",
  }),
  on_duplicate: select<"on_duplicate">("If the same was made before", {
    reject: "Ask me",
    join: "Show that one",
    run: "Make it again",
  }),
  on_disconnect: select<"on_disconnect">("If this page goes away", {
    continue: "The run goes on",
    cancel: "The run is cancelled",
  }),
  webhook_url: { kind: "line", label: "Tell this address of the end", hint: "https://…" },
};

export const GROUPS: readonly (readonly [title: string, names: readonly MoreName[]])[] = [
  [
    "Slides",
    [
      "viewport_width",
      "viewport_height",
      "page_breaks",
      "overlap",
      "running_heading",
      "image_quality",
      "require_coverage",
    ],
  ],
  ["Look", ["brand_heading_font", "brand_body_font", "theme_css"]],
  [
    "Source",
    ["attachments", "composer", "model_choice", "system_prompt", "enable_verification", "use_cache"],
  ],
  ["Video", ["voice_rate"]],
  ["The run", ["output_name", "lane", "priority", "on_busy", "on_duplicate", "on_disconnect", "webhook_url"]],
];
