/**
 * What a person sees of a run, folded from its events. Pure.
 *
 * Invariants: an event counts once, however often it is delivered; progress never goes backwards; a view that was
 * folded from a prefix, a snapshot and the rest equals the view of the whole log. So a reload, a resume and an
 * unbroken stream end in the same picture.
 */
import type {
  ArtifactRef,
  EventOf,
  Run,
  RunError,
  RunEvent,
  RunResult,
  RunStatus,
  SnapshotEvent,
  Stage,
} from "@/api/types";
import type { FollowedEvent, UnknownEvent } from "./events";

type Kept<T extends RunEvent["type"], K extends string> = Required<
  Pick<EventOf<T>, "seq" | (K & keyof EventOf<T>)>
>;

export type Slide = Kept<"screenshot", "index" | "filename" | "url" | "width" | "height" | "size_bytes">;
export type RunDocument = Kept<"html_generated", "html_filename" | "url" | "title" | "size_bytes">;
export type RunWarning = Kept<"warning", "code" | "message">;
/** One that this version does not know is kept as what is known of it. */
export type ToldEvent = RunEvent | (UnknownEvent & { seq: number });
export type Cancellation = Kept<"cancelled", "by" | "kept">;

export interface RunView {
  operationId: string;
  /** Null until the first event or snapshot. */
  status: RunStatus | null;
  stage: Stage | null;
  progress: number;
  message: string | null;
  current: number | null;
  total: number | null;
  title: string | null;
  attempt: number;
  resumedFrom: Stage | null;
  /** How long runs like it took, seconds: half of them, and three quarters. */
  estimate: { medianS: number; p75S: number } | null;
  queuePosition: number | null;
  startedAt: string | null;
  endedAt: string | null;
  document: RunDocument | null;
  /** Sorted by index, from 1. */
  slides: readonly Slide[];
  slidesTotal: number | null;
  artifacts: readonly ArtifactRef[];
  warnings: readonly RunWarning[];
  /** The last `MAX_EVENTS` as they were told, in order; `eventsDropped` counts the ones before. */
  events: readonly ToldEvent[];
  eventsDropped: number;
  /** How many events there were of each type that this version does not know. */
  unknown: Readonly<Record<string, number>>;
  result: RunResult | null;
  error: RunError | null;
  cancellation: Cancellation | null;
  /** Seq of the last event folded in. */
  lastSeq: number;
  /** Events up to this seq are already part of the snapshot's status, stage and message. */
  knownSeq: number;
}

const ATTEMPT_ENDED: ReadonlySet<string> = new Set(["attempt_failed", "attempt_cancelled"]);
export const MAX_EVENTS = 5000; // arbitrary: several times what a run of 500 slides and every export tells

export const emptyRunView = (operationId: string): RunView => ({
  operationId,
  status: null,
  stage: null,
  progress: 0,
  message: null,
  current: null,
  total: null,
  title: null,
  attempt: 1,
  resumedFrom: null,
  estimate: null,
  queuePosition: null,
  startedAt: null,
  endedAt: null,
  document: null,
  slides: [],
  slidesTotal: null,
  artifacts: [],
  warnings: [],
  events: [],
  eventsDropped: 0,
  unknown: {},
  result: null,
  error: null,
  cancellation: null,
  lastSeq: 0,
  knownSeq: 0,
});

export const hasEnded = (status: RunStatus | null): boolean =>
  status === "complete" || status === "error" || status === "cancelled";

/** The facts of a run row over a view; what the row does not hold stays as the log told it. */
function applyRun(view: RunView, run: Run): RunView {
  return {
    ...view,
    status: run.status,
    stage: run.stage,
    progress: Math.max(view.progress, run.progress),
    title: run.title ?? view.title,
    attempt: run.attempt,
    queuePosition: run.queue_position ?? view.queuePosition,
    startedAt: run.started_at,
    endedAt: run.ended_at,
    result: run.result ?? view.result,
    error: run.error,
    knownSeq: Math.max(view.knownSeq, run.last_event_id),
  };
}

function applySnapshot(view: RunView, snapshot: SnapshotEvent): RunView {
  // A snapshot older than what the events have told already (it was taken before them) adds nothing.
  return snapshot.last_event_id < view.lastSeq ? view : applyRun(view, snapshot);
}

function withSlide(slides: readonly Slide[], slide: Slide): readonly Slide[] {
  const last = slides.at(-1);
  if (last === undefined || last.index < slide.index) return [...slides, slide]; // as they nearly always come
  return [...slides.filter(({ index }) => index !== slide.index), slide].sort((a, b) => a.index - b.index);
}

const withArtifact = (artifacts: readonly ArtifactRef[], artifact: ArtifactRef): readonly ArtifactRef[] => [
  ...artifacts.filter(({ name }) => name !== artifact.name),
  artifact,
];

function withEvent(view: RunView, event: ToldEvent): Pick<RunView, "events" | "eventsDropped"> {
  const events = [...view.events, event];
  const over = Math.max(0, events.length - MAX_EVENTS);
  return { events: over === 0 ? events : events.slice(over), eventsDropped: view.eventsDropped + over };
}

/** What an event adds to the story: the same whenever and however often the log is told. */
function collect(view: RunView, event: RunEvent): Partial<RunView> {
  switch (event.type) {
    case "queued":
      return { queuePosition: event.position, message: event.message, cancellation: null };
    case "started":
      return begun(view, event);
    case "progress": {
      const { message, current = null, total = null } = event;
      return { progress: Math.max(view.progress, event.progress), message, current, total };
    }
    case "html_generated": {
      const { seq, html_filename, url, title, size_bytes } = event;
      return { document: { seq, html_filename, url, title, size_bytes }, title: title || view.title };
    }
    case "screenshot": {
      const { seq, index, filename, url, width, height, size_bytes } = event;
      const slide = { seq, index, filename, url, width, height, size_bytes };
      return { slides: withSlide(view.slides, slide), slidesTotal: event.total };
    }
    case "artifact": {
      const { name, url, media_type, size_bytes, sha256 } = event;
      return { artifacts: withArtifact(view.artifacts, { name, url, media_type, size_bytes, sha256 }) };
    }
    case "warning":
      // A retried run has this where the end of its attempt was: the list of attempts tells it.
      if (ATTEMPT_ENDED.has(event.code)) return {};
      return { warnings: [...view.warnings, { seq: event.seq, code: event.code, message: event.message }] };
    case "log":
      return {};
    case "complete":
      return { progress: 100, result: resultOf(event) };
    case "cancelled":
      return { cancellation: { seq: event.seq, by: event.by, kept: event.kept ?? [] } };
    case "error":
      return {};
  }
}

function estimateOf({ estimated_total_s, estimated_total_p75_s }: EventOf<"started">): RunView["estimate"] {
  if (estimated_total_s == null) return null;
  return { medianS: estimated_total_s, p75S: estimated_total_p75_s ?? estimated_total_s };
}

function begun(view: RunView, event: EventOf<"started">): Partial<RunView> {
  return {
    queuePosition: null,
    message: null,
    current: null,
    total: null,
    cancellation: null,
    resumedFrom: event.resumed_from ?? null,
    estimate: estimateOf(event) ?? view.estimate,
  };
}

function resultOf(event: EventOf<"complete">): RunResult {
  const { screenshot_count, screenshot_files, artifacts, truncated, duration_s, folder, coverage } = event;
  return {
    screenshot_count,
    screenshot_files,
    artifacts,
    truncated,
    duration_s,
    folder,
    coverage: coverage ?? null,
  };
}

/** Where the run stands because of an event; a snapshot that is newer than the event knows better. */
function advance(view: RunView, event: RunEvent): Partial<RunView> {
  switch (event.type) {
    case "queued":
      return { status: "queued", endedAt: null, error: null };
    case "started": {
      const { attempt } = event;
      return {
        status: "running",
        attempt,
        startedAt: view.startedAt ?? event.at,
        endedAt: null,
        error: null,
      };
    }
    case "progress":
      return { status: "running", stage: event.stage };
    case "error": {
      const { code, message, stage = null, retryable = false } = event;
      return { status: "error", endedAt: event.at, error: { code, message, stage, retryable } };
    }
    case "complete":
    case "cancelled":
      return { status: event.type, endedAt: event.at };
    default:
      return {};
  }
}

/** One without a seq may come again with every connection: it counts once. */
function withUnknown(view: RunView, { seq, name }: UnknownEvent): RunView {
  const before = view.unknown[name] ?? 0;
  const unknown = { ...view.unknown, [name]: seq === null ? Math.max(1, before) : before + 1 };
  if (seq === null) return { ...view, unknown };
  return { ...view, ...withEvent(view, { type: "unknown", seq, name }), unknown, lastSeq: seq };
}

export function reduceRun(view: RunView, event: FollowedEvent): RunView {
  if (event.type === "snapshot") return applySnapshot(view, event);
  if (event.seq !== null && event.seq <= view.lastSeq) return view;
  if (event.type === "unknown") return withUnknown(view, event);
  const facts = event.seq > view.knownSeq ? advance(view, event) : {};
  return { ...view, ...withEvent(view, event), ...collect(view, event), ...facts, lastSeq: event.seq };
}
