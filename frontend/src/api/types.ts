/** The wire's words as the rest of the front end names them. The one place that knows where the types come from. */

export type RunStatus = "queued" | "running" | "complete" | "error" | "cancelled";
export type Stage = "compose" | "render" | "export" | "publish";
export type Theme = "paper" | "ink" | "chalk";
export type ImageFormat = "png" | "jpeg" | "webp";
export type Output = "images" | "html" | "pdf" | "zip";

/** What `POST /generate-sse` takes; every field but the source has a default on the server. */
export interface GenerateRequest {
  text?: string;
  html?: string;
  title?: string;
  theme?: Theme;
  zoom?: number;
  viewport_width?: number;
  viewport_height?: number;
  image_format?: ImageFormat;
  outputs?: Output[];
}

export interface ArtifactRef {
  name: string;
  url: string;
  media_type: string;
  size_bytes: number;
  sha256: string;
}

export interface RunResult {
  screenshot_count: number;
  screenshot_files: string[];
  artifacts: ArtifactRef[];
  truncated: boolean;
  duration_s: number;
  folder: string;
}

export interface RunError {
  code: string;
  message: string;
  stage?: Stage | null;
  retryable?: boolean;
}

/** `GET /runs/{id}`, and each of `GET /runs`. */
export interface Run {
  operation_id: string;
  status: RunStatus;
  stage: Stage | null;
  progress: number;
  lane: string;
  attempt: number;
  title: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  duration_s: number | null;
  error: RunError | null;
  result: RunResult | null;
  last_event_id: number;
  url: string;
  events_url: string;
  cancel_url: string;
}

export interface RunPage {
  runs: Run[];
  next_cursor: string | null;
}

interface EventBase {
  seq: number;
  operation_id: string;
  at: string;
  v: 1;
}

/** CONTRACT "Events", one member per type. */
export type RunEvent = EventBase &
  (
    | { type: "queued"; position: number; message: string }
    | {
        type: "started";
        attempt: number;
        resumed_from?: Stage | null;
        estimated_total_s?: number | null;
      }
    | {
        type: "progress";
        stage: Stage;
        progress: number;
        message: string;
        current?: number | null;
        total?: number | null;
      }
    | { type: "html_generated"; html_filename: string; url: string; title: string; size_bytes: number }
    | {
        type: "screenshot";
        index: number;
        total: number;
        filename: string;
        url: string;
        width: number;
        height: number;
        size_bytes: number;
      }
    | ({ type: "artifact" } & ArtifactRef)
    | { type: "warning"; code: string; message: string }
    | { type: "log"; level: "debug" | "info" | "warning" | "error"; message: string }
    | ({ type: "complete" } & RunResult)
    | { type: "error"; code: string; message: string; stage?: Stage | null; retryable: boolean }
    | { type: "cancelled"; by: "user" | "replaced" | "disconnect" | "shutdown"; kept: string[] }
  );

/** First on every resumed stream, without a seq: the run as it is now; `from` is the seq that follows. */
export type SnapshotEvent = { type: "snapshot"; from: number } & Run;

export type StreamEvent = RunEvent | SnapshotEvent;

export interface FieldProblem {
  field: string;
  problem: string;
  valid: string;
}

/** The run in the way, as a 409 shows it. */
export interface RunInTheWay {
  operation_id: string;
  status: RunStatus;
  stage: Stage | null;
  progress: number;
  started_at: string | null;
  age_s: number;
  last_event_id: number;
  url: string;
  events_url: string;
  cancel_url: string;
}

/** RFC 9457 body of any refusal; the fields below `detail` belong to some statuses only. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code?: string;
  errors?: FieldProblem[];
  reason?: "in_flight" | "duplicate";
  active_operation_id?: string;
  run?: RunInTheWay;
  same_request?: boolean;
  retry_after_s?: number;
}
