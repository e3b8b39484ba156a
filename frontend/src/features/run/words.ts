/** A run in words. Pure. */
import { t } from "@lingui/core/macro";
import { REMEDIES } from "@/api/remedies.gen";
import { STAGES } from "@/api/tables.gen";
import type { ErrorCode } from "@/api/types";
import { dotted, figure, formatDuration, percent, slideCount, titleOf } from "@/lib/format";
import { hasEnded, type RunView } from "@/stream/reduceRun";
import { language, say, type Words } from "@/lib/language";
import { stageWords } from "@/api/choices";

/** What is going on right now. */
export function activity(view: RunView): string {
  if (view.status === "queued") {
    if (view.message !== null && language() === "en") return view.message;
    return view.queuePosition === null
      ? t`Waiting for its turn`
      : t`Waiting for its turn (place ${figure(view.queuePosition)} in the queue)`;
  }
  // the server's own words are English
  if (view.message !== null && (language() === "en" || view.stage === null))
    return withCount(view.message, view);
  if (view.stage === null) return t`Starting`;
  const what = say(stageWords[view.stage].doing);
  return view.message === null ? what : withCount(what, view);
}

/** The message with "3 of 12" behind it, unless it says so itself. */
function withCount(message: string, { current, total }: RunView): string {
  if (current === null || total === null) return message;
  const figures = t`${figure(current)} of ${figure(total)}`;
  return message.includes(figures) ? message : dotted(message, figures);
}

/** "usually 20 s to 35 s": what half of the runs like it took, and three quarters. */
export function usually({ medianS, p75S }: NonNullable<RunView["estimate"]>): string {
  const [from, to] = [formatDuration(medianS), formatDuration(p75S)];
  return from === to ? t`usually ${from}` : t`usually ${from} to ${to}`;
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
  if (from === null || from === STAGES[0]) return t`A retry begins from the start.`;
  const stage = say(stageWords[from].name);
  return view.slides.length === 0
    ? t`A retry goes on from “${stage}”.`
    : t`A retry goes on from “${stage}”; ${slideCount(view.slides.length)} kept.`;
}

/** The browser tab: the figure first, unless it may be out of date. */
export function tabTitle(view: RunView, lost: boolean): string | null {
  const title = titleOf(view.title);
  if (view.status === null) return null;
  if (lost && !hasEnded(view.status)) return dotted(t`Not connected`, title);
  if (view.status === "queued") return dotted(t`Waiting`, title);
  if (view.status === "running") return dotted(percent(view.progress), title);
  return dotted({ complete: "✓", error: t`Failed`, cancelled: t`Cancelled` }[view.status], title);
}

/** For a screen reader: in steps of 10 %, so that it is not told every single one. */
export function announcement(view: RunView): string {
  if (view.status === "running") {
    const what = view.stage === null ? t`Starting` : say(stageWords[view.stage].doing);
    return t`${what}, ${figure(Math.floor(view.progress / 10) * 10)} percent`;
  }
  if (view.status === "complete") return t`Complete: ${slideCount(view.result?.screenshot_count ?? 0)}`;
  if (view.status === "error") return t`Failed: ${view.error?.message ?? ""}`;
  return hasEnded(view.status) ? t`Cancelled` : activity(view);
}

/** What can be done about an error, by its code: the words of the server; null where it has none. */
export function advice(code: ErrorCode, retryable: boolean): string | null {
  const remedies: Readonly<Partial<Record<ErrorCode, Words>>> = REMEDIES;
  const known = remedies[code];
  if (known !== undefined) return say(known).replace(/`([^`]+)`/g, "“$1”");
  return retryable ? t`This may pass: generate it again.` : null;
}

/** Whether this page says it in words of its own. */
export const isOwn = (code: string): boolean => code === "truncated";

/** A warning as the server put it, unless its words name a field of the API. */
export function warningWords(code: string, message: string): string {
  if (!isOwn(code)) return message;
  return t`The document is longer than the slides that were asked for at most; the rest is not captured. Raise “Slides, at most” (up to 500) to get it all.`;
}
