/** The wire's words as the front end names them. The types are the server's own: `npm run gen:api`. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type GenerateRequest = Schemas["GenerateRequest"];
export type ThemeOut = Schemas["ThemeOut"];
export type ImageFormat = NonNullable<GenerateRequest["image_format"]>;
export type PngMode = NonNullable<GenerateRequest["png_mode"]>;
export type Fit = NonNullable<GenerateRequest["fit"]>;
export type PdfLayout = NonNullable<GenerateRequest["pdf_layout"]>;
export type PdfNotes = NonNullable<GenerateRequest["pdf_notes"]>;
export type PptxMode = NonNullable<GenerateRequest["pptx_mode"]>;
export type VideoPreview = NonNullable<GenerateRequest["video_preview"]>;
export type Transition = NonNullable<GenerateRequest["transition"]>;
export type Voice = NonNullable<GenerateRequest["voice"]>;
export type Output = NonNullable<GenerateRequest["outputs"]>[number];

/** CONTRACT "Events": a union told apart by `type`. */
export type RunEvent = Schemas["RunEvent"];
export type EventOf<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

export type ArtifactRef = Schemas["ArtifactRef"];
export type RunError = Schemas["RunError"];
/** As far as this version knows them: a newer server may send others. */
export type ErrorCode = Schemas["ErrorCode"];
export type RunResult = Omit<EventOf<"complete">, "type" | "seq" | "operation_id" | "at" | "v">;

/** `GET /runs/{id}`, and each of `GET /runs`. The schema leaves `result` open; it holds what `complete` said. */
export type Run = Omit<Schemas["RunOut"], "result"> & { result: RunResult | null };
export type RunStatus = Run["status"];
/** `GET /runs/{id}`: also what happened to it. */
export type RunDetail = Run &
  Pick<Schemas["RunDetail"], "attempts" | "stages"> & { webhook?: Webhook | null };
/** How far the word to somebody else's server is; not there where none was asked for. */
export type Webhook = Schemas["WebhookOut"];
export type Attempt = RunDetail["attempts"][number];
export type StageTime = RunDetail["stages"][number];
export type RunSpec = Partial<GenerateRequest>;
export type Coverage = Schemas["Coverage"];
export type PreviewAnswer = Schemas["PreviewOut"];
export type RerenderRequest = Partial<Schemas["RerenderRequest"]>;
export type Lane = Schemas["LaneOut"];
/** The file `slides.json`: what each slide says. */
export type SlideTexts = Schemas["SlideTexts"];
export type SlideText = SlideTexts["slides"][number];
/** A line of the run's log: always an event, nearly always an instant and a level, and whatever else was known. */
export type LogRecord = { event: string; at?: string; level?: string } & Record<string, unknown>;
export type LogPage = LogRecord[];
export type Stage = NonNullable<Run["stage"]>;
export interface RunFilter {
  q?: string;
  status?: RunStatus;
  lane?: string;
  /** ISO instant: made at or after it. */
  since?: string;
  pinned?: boolean;
  /** The newest first where it is not said. */
  sort?: "oldest";
}
export type RunPage = Omit<Schemas["RunPage"], "runs"> & { runs: Run[] };

/** First on every stream of `GET …/events`, without a seq: the run as it is now; `from` is the seq that follows. */
export type SnapshotEvent = { type: "snapshot"; from: number } & Run;
export type StreamEvent = RunEvent | SnapshotEvent;

export type FieldProblem = Schemas["FieldErrorOut"];
/** `POST /admission/explain`. */
export type Explanation = Schemas["ExplanationOut"];
export type RetentionReport = Schemas["RetentionOut"];
/** `GET /system`. */
export type System = Schemas["SystemOut"];
export type FontProof = Schemas["FontProofOut"];
export type RunInTheWay = Schemas["RunInTheWay"];

/** RFC 9457 body of any refusal. What only a 409 of the guard, or only this server, says may be missing. */
export type Problem = Pick<Schemas["Problem"], "type" | "title" | "status" | "detail" | "errors"> &
  Partial<Pick<Schemas["Problem"], "code">> &
  Partial<
    Pick<
      Schemas["RejectedProblem"],
      "reason" | "same_request" | "retry_after_s" | "active_operation_id" | "run" | "policies"
    >
  > &
  Partial<Pick<Schemas["PausedProblem"], "lane" | "paused_at">>;
