/** Event logs as the server could write them: one hand-made, and any number of arbitrary ones. */
import fc from "fast-check";
import { STAGES } from "@/api/tables.gen";
import type { ErrorCode, Run, RunDetail, RunEvent, SnapshotEvent } from "@/api/types";
import { emptyRunView, hasEnded, reduceRun } from "@/stream/reduceRun";

export const OPERATION_ID = "019aa000-0000-7000-8000-000000000001";

type Body = RunEvent extends infer E
  ? E extends RunEvent
    ? Omit<E, "seq" | "operation_id" | "at" | "v">
    : never
  : never;

const at = (seq: number): string => new Date(Date.UTC(2026, 10, 21, 8, 0, seq)).toISOString();

/** Bodies -> events with seq 1, 2, 3 … */
export const toLog = (bodies: readonly Body[]): RunEvent[] =>
  bodies.map((body, index) => {
    const seq = index + 1;
    return { ...body, seq, operation_id: OPERATION_ID, at: at(seq), v: 1 };
  });

const picture = (index: number, total: number): Body => ({
  type: "screenshot",
  index,
  total,
  filename: `slides/000${index}.png`,
  url: `/runs/${OPERATION_ID}/files/slides/000${index}.png`,
  width: 1920,
  height: 1080,
  size_bytes: 1000 * index,
  sha256: "0".repeat(64),
});

const done: Body = {
  type: "complete",
  screenshot_count: 2,
  screenshot_files: ["slides/0001.png", "slides/0002.png"],
  artifacts: [],
  truncated: false,
  duration_s: 1.5,
  folder: "2026-11-21_08-00-00_x",
};

/** An uneventful run of two slides. */
export const lesson = toLog([
  { type: "started", attempt: 1, resumed_from: null, estimated_total_s: 2, estimated_total_p75_s: 3 },
  { type: "progress", stage: "compose", progress: 0, message: "Composing" },
  {
    type: "html_generated",
    html_filename: "document.html",
    url: `/runs/${OPERATION_ID}/files/document.html`,
    title: "A lesson",
    size_bytes: 4321,
  },
  { type: "progress", stage: "render", progress: 40, message: "Rendering", current: 1, total: 2 },
  picture(1, 2),
  { type: "log", level: "info", message: "One of two" },
  picture(2, 2),
  { type: "progress", stage: "publish", progress: 95, message: "Publishing" },
  done,
]);

const words = fc.string({ maxLength: 12 });

const middle: fc.Arbitrary<Body> = fc.oneof(
  fc.record({
    type: fc.constant("progress" as const),
    stage: fc.constantFrom(...STAGES),
    progress: fc.integer({ min: 0, max: 100 }),
    message: words,
    current: fc.option(fc.nat(50)),
    total: fc.option(fc.nat(50)),
  }),
  fc.record({
    type: fc.constant("log" as const),
    level: fc.constantFrom("info" as const, "error" as const),
    message: words,
  }),
  fc.record({ type: fc.constant("warning" as const), code: words, message: words }),
  fc.integer({ min: 1, max: 9 }).map((index) => picture(index, 9)),
  fc.record({
    type: fc.constant("artifact" as const),
    name: words,
    url: words,
    media_type: fc.constant("application/pdf"),
    size_bytes: fc.nat(),
    sha256: words,
  }),
  fc.record({
    type: fc.constant("started" as const),
    attempt: fc.integer({ min: 2, max: 4 }),
    resumed_from: fc.constantFrom(...STAGES),
  }),
);

const end: fc.Arbitrary<Body> = fc.oneof(
  fc.constant(done),
  fc.record({
    type: fc.constant("error" as const),
    code: words as fc.Arbitrary<ErrorCode>, // a newer server has codes that nobody here knows
    message: words,
    retryable: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("cancelled" as const),
    by: fc.constant("user" as const),
    kept: fc.array(words),
  }),
);

/** Any log from `queued` or `started` to its terminal event, with restarts in between. */
export const anyLog: fc.Arbitrary<RunEvent[]> = fc
  .tuple(
    fc.array(fc.record({ type: fc.constant("queued" as const), position: fc.nat(5), message: words }), {
      maxLength: 2,
    }),
    fc.array(middle, { maxLength: 25 }),
    end,
  )
  .map(([queued, between, last]) => toLog([...queued, { type: "started", attempt: 1 }, ...between, last]));

/** `GET /runs/{id}` of a run whose log is `log`. */
export const detailOf = (log: readonly RunEvent[], more: Partial<RunDetail> = {}): RunDetail => ({
  ...runOf(log),
  attempts: [],
  stages: [],
  webhook: null,
  ...more,
});

/** The snapshot that a server would send whose log is `log` as far as it goes, to a reader whose cursor is at `from - 1`. */
export const snapshotOf = (log: readonly RunEvent[], from: number): SnapshotEvent => ({
  ...runOf(log),
  type: "snapshot",
  from,
});

/** The run as `GET /runs` lists it. */
export function runOf(log: readonly RunEvent[], more: Partial<Run> = {}): Run {
  const view = log.reduce(reduceRun, emptyRunView(OPERATION_ID));
  return {
    operation_id: OPERATION_ID,
    status: view.status ?? "queued",
    stage: view.stage,
    progress: view.progress,
    lane: "default",
    attempt: view.attempt,
    retries: 0,
    caller: "local",
    paused: false,
    rerender_of: null,
    log_url: `/runs/${OPERATION_ID}/log`,
    title: view.title,
    created_at: at(0),
    started_at: view.startedAt,
    ended_at: view.endedAt,
    duration_s: hasEnded(view.status) ? 1.5 : null,
    error: view.error,
    result: view.result,
    pinned: false,
    priority: 0,
    queue_position: view.queuePosition,
    fingerprint: "f",
    last_event_id: log.length,
    url: `/runs/${OPERATION_ID}`,
    events_url: `/runs/${OPERATION_ID}/events`,
    cancel_url: `/runs/${OPERATION_ID}/cancel`,
    ...more,
  };
}
