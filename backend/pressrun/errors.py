"""The one tree of errors a person can meet, drawn here. Those of a request itself stand in `request_errors.py`.

    PressrunError                     every error with a fixed `code`; nothing else reaches a client
    ├── InvalidRequest                the request itself is wrong
    │   ├── MalformedBody             not JSON, not UTF-8, not an object
    │   ├── FieldErrors               fields wrong; carries `errors[]`
    │   ├── BodyTooLarge
    │   ├── BodyTooSlow               not there in time, or only in drops
    │   ├── UnsupportedMediaType
    │   ├── MalformedHeader           Idempotency-Key, Last-Event-ID …
    │   ├── HeadersTooLarge
    │   ├── HeadersTooSlow            not there in time
    │   └── MethodNotAllowed          carries the methods that are
    ├── AccessDenied
    │   ├── Unauthorized              no or unknown token
    │   ├── Forbidden                 foreign origin, or a token without the scope
    │   └── MisdirectedHost           Host header not allowed
    ├── NotFound                      run or file unknown, or somebody else's
    ├── Conflict
    │   ├── RunRejected               the guard said no (in runs/guard.py: it carries the run in the way)
    │   ├── LanePaused                nobody begins in the lane until it is resumed (in runs/rejection.py)
    │   ├── RunEnded                  the run has already ended, or is past the point of cancelling
    │   └── IdempotencyKeyReused      same key, other body
    ├── LogPruned                     the events asked for are gone
    ├── ServerBusy                    draining, or a waiting queue is full; carries `retry_after_s`
    ├── CallerLimit                   this caller has its share already, others have not; carries `retry_after_s`
    ├── StartupError                  the server cannot start as configured; the message says what to set
    │   └── WrongStore                the data folder is not the one that the database's runs are kept in
    ├── RunFailure                    ends a run as `error`
    │   ├── ComposeFailed             the document could not be made
    │   │   ├── SourceTooComplex      parsing hit its time or memory limit
    │   │   ├── EmptyDocument         nothing to show
    │   │   └── FramesetDocument      HTML that only names other files
    │   ├── AiFailed                  the AI endpoint failed, refused, or answered nonsense
    │   │   ├── AiUnavailable         not configured or not reachable
    │   │   └── AiRefused             trying again does not help: key, model, quota, content filter
    │   ├── BrowserFailure            browser/ translates Playwright's errors to these
    │   │   ├── BrowserUnavailable    no Chromium, or it would not start
    │   │   ├── BrowserCrashed        it died while a page was in use
    │   │   ├── PoolExhausted         no place in the waiting queue, or waited too long
    │   │   ├── RenderTimeout         the page did not get ready in time
    │   │   └── DocumentTooLarge      over a stated limit of the page
    │   ├── CoverageTooLow            less of the source is on the slides than require_coverage asks for
    │   ├── ExportFailed              a file could not be made of the slides
    │   │   ├── VideoTooLong          slides times slide_seconds is more than a day
    │   │   ├── EncoderFailed         ffmpeg was killed, stood still, or could not do it
    │   │   │   └── EncoderMissing    it is no longer there
    │   │   └── VoiceFailed           nobody could say a sentence
    │   │       ├── VoiceTimeout      it took longer than PRESSRUN_VOICE_TIMEOUT_S
    │   │       └── VoiceRefused      trying again does not help: key, model, URL
    │   ├── FetchFailed               something a run needs from another host did not come
    │   │   └── EgressBlocked         the host may not be reached; PRESSRUN_EGRESS says which may
    │   ├── DiskFull
    │   ├── DiskFailed                the data folder cannot be written: an I/O error, or it is read-only
    │   ├── DeadlineExceeded          the run's own time limit
    │   └── RunCrashed                the run took its process down too often
    ├── AttemptSuperseded             a later attempt owns the run; this one must stop writing
    └── RunCancelled                  somebody asked for it; not an error to a client, ends as `cancelled`

`str(exc)` is for a person who uses the product: what failed, which field, what is valid, what to do next; `remedy` is
what helps in general. What an operator needs besides goes to the log through `__cause__`, never to a client.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class PressrunError(Exception):
    """Something went wrong that Pressrun understands; the message is for the person who asked."""

    code: ClassVar[str] = "internal"
    remedy: ClassVar[str] = "Try once more; if it comes back, look for the incident in the server's log."
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class NotFound(PressrunError):
    """There is no such thing here."""

    code = "not_found"
    remedy = "GET /runs lists the runs that there are for you; one of another caller, or that retention took, is none."


class Conflict(PressrunError):
    """The request conflicts with what is there."""

    code = "conflict"
    remedy = "Look at what is there (GET /runs/{id}), then decide."


class RunEnded(Conflict):
    """The run has already ended."""

    code = "run_ended"
    remedy = "Nothing is to be done for this run; to make it again: POST /runs/{id}/retry, or /rerender."


class IdempotencyKeyReused(Conflict):
    """This Idempotency-Key was used for another body; take a new key for a new request."""

    code = "idempotency_key_reused"
    remedy = "Take a new key for a new request; send the same body for the same one."


class LogPruned(PressrunError):
    """The events asked for have been pruned."""

    code = "log_pruned"
    remedy = "Ask for the run itself (GET /runs/{id}); its result is there without its events."


class ServerBusy(PressrunError):
    """The server takes no more right now; try again shortly."""

    code = "server_busy"
    remedy = (
        "Wait as Retry-After says and send it again; where it lasts, raise PRESSRUN_MAX_RUNS or PRESSRUN_MAX_QUEUED."
    )
    retryable = True

    def __init__(self, message: str | None = None, *, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class CallerLimit(PressrunError):
    """You have your share of this server; wait until some of it is free again, then send the request again."""

    code = "caller_limit"
    remedy = "Wait as Retry-After says; `limit` names the share, and PRESSRUN_CALLER_… of that name raises it."
    retryable = True

    def __init__(self, message: str | None = None, *, retry_after_s: int = 5, limit: str | None = None) -> None:
        """`limit`: which of its shares, as in `requests_per_s`."""
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.limit = limit

    def problem_extra(self) -> dict[str, str | int]:
        """Which limit it was, and when to come back."""
        named = {} if self.limit is None else {"limit": self.limit}
        return {"retry_after_s": self.retry_after_s, **named}


class StartupError(PressrunError):
    """The server cannot start as configured."""

    code = "startup"
    remedy = "Set what the message names (environment or .env), then start again; `pressrun doctor` checks the rest."


class WrongStore(StartupError):
    """The files of this database's runs are kept in another store."""

    code = "wrong_store"
    remedy = "Set PRESSRUN_DATA_DIR to the folder of that database; if it is lost: `pressrun adopt-store`."

    def __init__(self, folder: object) -> None:
        super().__init__(
            f"the runs of this database are kept in another store than {folder}; set PRESSRUN_DATA_DIR to that folder, "
            "or use another database (if that folder is lost: pressrun adopt-store)"
        )


class RunFailure(PressrunError):
    """The run failed."""

    code = "run_failed"
    remedy = "Read the run's log (`pressrun runs log ID`), then retry: it goes on from the last finished stage."


class ComposeFailed(RunFailure):
    """The document could not be made from the source."""

    code = "compose_failed"
    remedy = "Mend what the message names in the source, and send it again."


class SourceTooComplex(ComposeFailed):
    """The source takes too long or too much memory to parse; simplify it or split it."""

    code = "source_too_complex"
    remedy = "Split the source, or take out what is nested deepest; a larger machine does not help."


class EmptyDocument(ComposeFailed):
    """The document shows nothing: there is no text and no picture in it."""

    code = "empty_document"
    remedy = "Send a text with words or pictures in it; scripts do not run, so what only they would show is not there."


class FramesetDocument(ComposeFailed):
    """The HTML is a frameset: it holds no text, it names other files; send one of those."""

    code = "frameset"
    remedy = "Send one of the files that the frameset names."

    def __init__(self, frames: Sequence[str] = ()) -> None:
        named = f" (here {' '.join(', '.join(frames).split())})" if frames else ""
        super().__init__(f"the HTML is a frameset: it holds no text, it names other files{named}; send one of those")


class AiFailed(RunFailure):
    """The AI endpoint failed."""

    code = "ai_failed"
    remedy = "Retry; where it lasts, use composer=markdown, or another model (model_choice)."
    retryable = True


class AiUnavailable(AiFailed):
    """No AI endpoint is configured or it cannot be reached; set PRESSRUN_AI_BASE_URL, or use composer=markdown."""

    code = "ai_unavailable"
    remedy = "Set PRESSRUN_AI_BASE_URL and PRESSRUN_AI_MODEL to an endpoint that answers, or use composer=markdown."


class AiRefused(AiFailed):
    """The AI endpoint refused; check its settings, or use composer=markdown."""

    code = "ai_refused"
    remedy = "Check key, model and quota of the endpoint (PRESSRUN_AI_…), or use composer=markdown."
    retryable = False


class BrowserFailure(RunFailure):
    """The browser failed."""

    code = "browser_failed"
    remedy = "Retry; where it lasts, `pressrun doctor` on the server says what is wrong with its Chromium."
    retryable = True


class BrowserUnavailable(BrowserFailure):
    """No Chromium could be started; `pressrun doctor` says what is missing."""

    code = "browser_unavailable"
    remedy = "`pressrun doctor` says what is missing; `pressrun install-browser` puts a Chromium there."


class BrowserCrashed(BrowserFailure):
    """The browser or the page crashed."""

    code = "browser_crashed"
    remedy = "Retry: finished slides are kept; where it lasts, give the server more memory, or split the document."


class PoolExhausted(BrowserFailure):
    """All browser pages are taken and the waiting queue is full or too slow; try again shortly."""

    code = "pool_exhausted"
    remedy = "Wait and retry; more browsers (PRESSRUN_BROWSERS) draw more at a time."


class RenderTimeout(BrowserFailure):
    """The document did not become ready in time; remove endless scripts or resources that never load."""

    code = "render_timeout"
    remedy = "Take out endless scripts, and pictures or fonts that never load, or raise PRESSRUN_PAGE_TIMEOUT_S."
    retryable = False


class DocumentTooLarge(BrowserFailure):
    """The document is over a limit of the renderer."""

    code = "document_too_large"
    remedy = "Split the document or shrink its pictures; the message names the limit (PRESSRUN_PAGE_MAX_…)."
    retryable = False


class CoverageTooLow(RunFailure):
    """Less of the source is on the slides than require_coverage asks for."""

    code = "coverage_too_low"
    remedy = "Raise max_screenshots, mend what `coverage.missing` of the event names, or ask for less."


class ExportFailed(RunFailure):
    """A file could not be made of the slides."""

    code = "export_failed"
    remedy = "Retry: only what is missing is made; take the export out of `outputs` if it lasts."
    retryable = True


class VideoTooLong(ExportFailed):
    """The video would last over 24 hours; make slide_seconds smaller, or the document shorter (max_screenshots)."""

    code = "video_too_long"
    remedy = "Make slide_seconds smaller, or the document shorter (max_screenshots)."
    retryable = False


class EncoderFailed(ExportFailed):
    """ffmpeg could not make the video; see the server's log, then retry."""

    code = "encoder_failed"
    remedy = "See the server's log for what ffmpeg says, then retry: the clips that were made are kept."


class EncoderMissing(EncoderFailed):
    """ffmpeg is no longer found on this server; install it (Debian: sudo apt-get install ffmpeg), then retry."""

    code = "encoder_missing"
    remedy = "Install ffmpeg on the server (Debian: `sudo apt-get install ffmpeg`), then retry."


class VoiceFailed(ExportFailed):
    """The voice could not say a sentence; see the server's log, then retry, or take another voice."""

    code = "voice_failed"
    remedy = "Retry, or take another voice, or voice=none."


class VoiceTimeout(VoiceFailed):
    """The voice took longer for a sentence than PRESSRUN_VOICE_TIMEOUT_S allows; retry, or take another voice."""

    code = "voice_timeout"
    remedy = "Retry, raise PRESSRUN_VOICE_TIMEOUT_S, or take another voice."


class VoiceRefused(VoiceFailed):
    """The voice endpoint refused; check its settings, or take another voice."""

    code = "voice_refused"
    remedy = "Check PRESSRUN_VOICE_BASE_URL, its key, model and name, or take another voice."
    retryable = False


class FetchFailed(RunFailure):
    """Something could not be fetched from another host."""

    code = "fetch_failed"
    remedy = "Retry when the other host answers, or send the file along (`attachments`)."
    retryable = True


class EgressBlocked(FetchFailed):
    """PRESSRUN_EGRESS does not allow that host."""

    code = "egress_blocked"
    remedy = "Add the host to PRESSRUN_EGRESS, or send the file along (`attachments`)."
    retryable = False


class DiskFull(RunFailure):
    """The disk of the data folder is full; free some space and retry."""

    code = "disk_full"
    remedy = "Free space, or let retention do it (PRESSRUN_RETENTION_DAYS, `pressrun retention`), then retry."
    retryable = True


class DiskFailed(RunFailure):
    """The data folder cannot be written to: its disk failed or is read-only; see the server's log, then retry."""

    code = "disk_failed"
    remedy = "See the server's log; mount the data folder so that it can be written to, then retry."
    retryable = True


# What may be well again in a moment, by itself or by somebody's hand: to be waited for, not to be taken for a defect.
TEMPORARY = (DiskFull, DiskFailed, ServerBusy)


class DeadlineExceeded(RunFailure):
    """The run took longer than its time limit."""

    code = "deadline_exceeded"
    remedy = "Retry: it goes on from its last stage; or raise PRESSRUN_RUN_DEADLINE_S, or split the document."
    retryable = True


class RunCrashed(RunFailure):
    """The run took its process down too often and was given up."""

    code = "crashed"
    remedy = "Split the document or shrink its pictures; what the process died of is in the server's log."


class AttemptSuperseded(PressrunError):
    """A later attempt owns this run, or the run has ended: nothing more may be written for it."""

    code = "attempt_superseded"
    remedy = "Nothing: a later attempt of the run goes on; follow the run."


class RunCancelled(PressrunError):
    """The run was cancelled."""

    code = "cancelled"
    remedy = "To go on from the last finished stage: POST /runs/{id}/retry."
