/** What stands under "Everything else": a row for each field of a request that has no place of its own. tsc asks for it. */
import { msg } from "@lingui/core/macro";
import type { GenerateRequest } from "@/api/types";
import type { MoreName } from "./draft";
import { type Words } from "@/lib/language";

export type Row =
  | { kind: "select"; label: Words; options: Readonly<Record<string, Words>> }
  | { kind: "switch"; label: Words }
  /** `times`: what is typed is that many times what the wire has. */
  | { kind: "number"; label: Words; least: number; most: number; times?: number; hint?: Words }
  | { kind: "line"; label: Words; hint?: Words }
  | { kind: "text"; label: Words; hint?: Words }
  | { kind: "files"; label: Words };

/** A name for each of the values of that field; what may be left open has a name for that, too. */
const select = <N extends MoreName>(
  label: Words,
  options: Readonly<Record<NonNullable<GenerateRequest[N]> & string, Words>>,
): Row => ({ kind: "select", label, options });

export const ROWS: Readonly<Record<MoreName, Row>> = {
  page_breaks: select<"page_breaks">(msg`Where slides end`, {
    auto: msg`As fits the source`,
    compose: msg`Each composed on its own`,
    blocks: msg`Between blocks`,
    scroll: msg`By height alone`,
  }),
  overlap: { kind: "number", label: msg`Shown twice where a window ends, in px`, least: 0, most: 4320 },
  running_heading: select<"running_heading">(msg`A heading that goes on`, {
    auto: msg`As the text says`,
    numbered: msg`Repeated, with its part (2/3)`,
    plain: msg`Repeated`,
    none: msg`Not repeated`,
  }),
  viewport_width: { kind: "number", label: msg`Width of a slide, in px`, least: 320, most: 7680 },
  viewport_height: { kind: "number", label: msg`Height of a slide, in px`, least: 240, most: 4320 },
  require_coverage: {
    kind: "number",
    label: msg`Fail where less of the text is shown than, in %`,
    least: 0,
    most: 100,
    times: 100,
    hint: msg`Never fail`,
  },
  image_quality: { kind: "number", label: msg`Quality of JPEG and WebP`, least: 1, most: 100 },
  brand_heading_font: { kind: "line", label: msg`Font of headings`, hint: msg`The theme’s own` },
  brand_body_font: { kind: "line", label: msg`Font of the text`, hint: msg`The theme’s own` },
  theme_css: { kind: "text", label: msg`Style rules (CSS) on top of the theme`, hint: "h1 { color: teal }" },
  composer: select<"composer">(msg`Who makes the document of a text`, {
    auto: msg`Whoever the server has`,
    markdown: msg`Markdown`,
    ai: msg`The AI model`,
  }),
  model_choice: { kind: "line", label: msg`AI model`, hint: msg`The server’s own` },
  system_prompt: { kind: "text", label: msg`What the AI model is told`, hint: msg`The server’s own words` },
  enable_verification: { kind: "switch", label: msg`Check what the AI model wrote` },
  use_cache: { kind: "switch", label: msg`Use earlier answers of the AI model` },
  voice_rate: { kind: "number", label: msg`Pace of the voice, 1 is its own`, least: 0.5, most: 2 },
  attachments: { kind: "files", label: msg`Files that the source names` },
  output_name: { kind: "line", label: msg`Name of the folder with the files`, hint: msg`From the title` },
  lane: { kind: "line", label: msg`Lane`, hint: "default" },
  priority: { kind: "number", label: msg`Priority in the line, higher first`, least: -100, most: 100 },
  on_busy: select<"on_busy">(msg`If another run is in progress`, {
    reject: msg`Ask me`,
    queue: msg`Wait for it`,
    replace: msg`Cancel it`,
    join: msg`Show that one`,
  }),
  on_duplicate: select<"on_duplicate">(msg`If the same was made before`, {
    reject: msg`Ask me`,
    join: msg`Show that one`,
    run: msg`Make it again`,
  }),
  on_disconnect: select<"on_disconnect">(msg`If this page goes away`, {
    continue: msg`The run goes on`,
    cancel: msg`The run is cancelled`,
  }),
  webhook_url: { kind: "line", label: msg`Tell this address of the end`, hint: "https://…" },
};

export const GROUPS: readonly (readonly [title: Words, names: readonly MoreName[]])[] = [
  [
    msg`Slides`,
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
  [msg`Look`, ["brand_heading_font", "brand_body_font", "theme_css"]],
  [
    msg`Source`,
    ["attachments", "composer", "model_choice", "system_prompt", "enable_verification", "use_cache"],
  ],
  [msg`Video`, ["voice_rate"]],
  [
    msg`The run`,
    ["output_name", "lane", "priority", "on_busy", "on_duplicate", "on_disconnect", "webhook_url"],
  ],
];
