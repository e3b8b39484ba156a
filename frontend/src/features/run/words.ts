/** A run in words. Pure. */
import { REMEDIES, STAGES } from "@/api/tables.gen";
import type { ErrorCode, Stage } from "@/api/types";
import { count, formatDuration, titleOf } from "@/lib/format";
import { hasEnded, type RunView } from "@/stream/reduceRun";

/** Each stage with its name and what it does; a record, so that the compiler asks for a new one. */
export const stageWords: Readonly<Record<Stage, { name: string; doing: string }>> = {
  compose: { name: "Compose", doing: "Making the document" },
  render: { name: "Render", doing: "Taking the pictures" },
  export: { name: "Export", doing: "Making the exports" },
  publish: { name: "Publish", doing: "Putting everything in its folder" },
};

/** What is going on right now. */
export function activity(view: RunView): string {
  if (view.status === "queued") {
    const place = view.queuePosition === null ? "" : ` (place ${view.queuePosition} in the queue)`;
    return view.message ?? `Waiting for its turn${place}`;
  }
  if (view.message !== null) return withCount(view.message, view);
  return view.stage === null ? "Starting" : stageWords[view.stage].doing;
}

/** The message with "3 of 12" behind it, unless it says so itself. */
function withCount(message: string, { current, total }: RunView): string {
  if (current === null || total === null) return message;
  const figures = `${current} of ${total}`;
  return message.includes(figures) ? message : `${message} · ${figures}`;
}

/** "usually 20 s to 35 s": what half of the runs like it took, and three quarters. */
export function usually({ medianS, p75S }: NonNullable<RunView["estimate"]>): string {
  const [from, to] = [formatDuration(medianS), formatDuration(p75S)];
  return from === to ? `usually ${from}` : `usually ${from} to ${to}`;
}

/** What the document itself has caused: a retry shows the same document, and fails again. */
const ofTheDocument: ReadonlySet<string> = new Set<ErrorCode>([
  "coverage_too_low",
  "document_too_large",
  "empty_document",
  "render_timeout",
  "frameset",
  "source_too_complex",
]);

/** What a retry of an ended run would do; null where it would do nothing new. */
export function retryWords(view: RunView): string | null {
  if (view.error !== null && ofTheDocument.has(view.error.code)) return null;
  const from = view.error?.stage ?? view.stage;
  if (from === null || from === STAGES[0]) return "A retry begins from the start.";
  const kept = view.slides.length === 0 ? "" : `; ${count(view.slides.length, "slide")} kept`;
  return `A retry goes on from “${stageWords[from].name}”${kept}.`;
}

/** The browser tab: the figure first, unless it may be out of date. */
export function tabTitle(view: RunView, lost: boolean): string | null {
  const title = titleOf(view.title);
  if (view.status === null) return null;
  if (lost && !hasEnded(view.status)) return `Not connected · ${title}`;
  if (view.status === "queued") return `Waiting · ${title}`;
  if (view.status === "running") return `${view.progress} % · ${title}`;
  return `${{ complete: "✓", error: "Failed", cancelled: "Cancelled" }[view.status]} · ${title}`;
}

/** For a screen reader: in steps of 10 %, so that it is not told every single one. */
export function announcement(view: RunView): string {
  if (view.status === "running") {
    return `${view.stage === null ? "Starting" : stageWords[view.stage].doing}, ${Math.floor(view.progress / 10) * 10} percent`;
  }
  if (view.status === "complete") return `Complete: ${count(view.result?.screenshot_count ?? 0, "slide")}`;
  if (view.status === "error") return `Failed: ${view.error?.message ?? ""}`;
  return hasEnded(view.status) ? "Cancelled" : activity(view);
}

/** What can be done about an error, by its code: the words of the server; null where it has none. */
export function advice(code: ErrorCode, retryable: boolean): string | null {
  const remedies: Readonly<Partial<Record<ErrorCode, string>>> = REMEDIES;
  return (
    remedies[code]?.replace(/`([^`]+)`/g, "“$1”") ?? (retryable ? "This may pass: generate it again." : null)
  );
}

/** A warning as the server put it, unless its words name a field of the API. */
export function warningWords(code: string, message: string): string {
  if (code !== "truncated") return message;
  return "The document is longer than the slides that were asked for at most; the rest is not captured. Raise “Slides, at most” (up to 500) to get it all.";
}
