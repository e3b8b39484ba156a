"""The one tree of errors a person can meet, drawn here.

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

`str(exc)` is for a person who uses the product: what failed, which field, what is valid, what to do next. What an
operator needs besides goes to the log through `__cause__`, never to a client.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypedDict


class PressrunError(Exception):
    """Something went wrong that Pressrun understands; the message is for the person who asked."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class InvalidRequest(PressrunError):
    """The request is not valid."""

    code = "invalid_request"


class MalformedBody(InvalidRequest):
    """The body is not a JSON object in UTF-8."""

    code = "malformed_body"


class MalformedHeader(InvalidRequest):
    """A header of the request is malformed."""

    code = "malformed_header"


class HeadersTooLarge(InvalidRequest):
    """The headers of the request are larger than the server accepts."""

    code = "headers_too_large"


class HeadersTooSlow(InvalidRequest):
    """The headers of the request did not arrive in time."""

    code = "headers_too_slow"
    retryable = True


class MethodNotAllowed(InvalidRequest):
    """This path does not take this method."""

    code = "method_not_allowed"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"This path does not take {method[:20]}; it takes {', '.join(allowed) or 'nothing'}.")


class FieldProblem(TypedDict):
    """One wrong field: its name as sent, what is wrong, and what would be right."""

    field: str
    problem: str
    valid: str


class FieldErrors(InvalidRequest):
    """One or more fields are not valid."""

    code = "field_errors"

    def __init__(self, errors: list[FieldProblem]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{e['field']}: {e['problem']}" for e in errors[:5]))


class BodyTooLarge(InvalidRequest):
    """The body is larger than the server accepts."""

    code = "body_too_large"


class BodyTooSlow(InvalidRequest):
    """The body did not arrive in time."""

    code = "body_too_slow"
    retryable = True


class UnsupportedMediaType(InvalidRequest):
    """The body has a media type that this route does not take."""

    code = "unsupported_media_type"


class AccessDenied(PressrunError):
    """Access denied."""

    code = "access_denied"


class Unauthorized(AccessDenied):
    """This server wants a token: send `Authorization: Bearer …`."""

    code = "unauthorized"


class Forbidden(AccessDenied):
    """This request is not allowed from where it came."""

    code = "forbidden"


class MisdirectedHost(AccessDenied):
    """The Host header names a host this server does not answer for; add it to PRESSRUN_ALLOWED_HOSTS."""

    code = "misdirected_host"


class NotFound(PressrunError):
    """There is no such thing here."""

    code = "not_found"


class Conflict(PressrunError):
    """The request conflicts with what is there."""

    code = "conflict"


class RunEnded(Conflict):
    """The run has already ended."""

    code = "run_ended"


class IdempotencyKeyReused(Conflict):
    """This Idempotency-Key was used for another body; take a new key for a new request."""

    code = "idempotency_key_reused"


class LogPruned(PressrunError):
    """The events asked for have been pruned."""

    code = "log_pruned"


class ServerBusy(PressrunError):
    """The server takes no more right now; try again shortly."""

    code = "server_busy"
    retryable = True

    def __init__(self, message: str | None = None, *, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class CallerLimit(PressrunError):
    """You have your share of this server; wait until some of it is free again, then send the request again."""

    code = "caller_limit"
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


class WrongStore(StartupError):
    """The files of this database's runs are kept in another store."""

    code = "wrong_store"

    def __init__(self, folder: object) -> None:
        super().__init__(
            f"the runs of this database are kept in another store than {folder}; set PRESSRUN_DATA_DIR to that folder, "
            "or use another database (if that folder is lost: pressrun adopt-store)"
        )


class RunFailure(PressrunError):
    """The run failed."""

    code = "run_failed"


class ComposeFailed(RunFailure):
    """The document could not be made from the source."""

    code = "compose_failed"


class SourceTooComplex(ComposeFailed):
    """The source takes too long or too much memory to parse; simplify it or split it."""

    code = "source_too_complex"


class EmptyDocument(ComposeFailed):
    """The document shows nothing: there is no text and no picture in it."""

    code = "empty_document"


class FramesetDocument(ComposeFailed):
    """The HTML is a frameset: it holds no text, it names other files; send one of those."""

    code = "frameset"

    def __init__(self, frames: Sequence[str] = ()) -> None:
        named = f" (here {' '.join(', '.join(frames).split())})" if frames else ""
        super().__init__(f"the HTML is a frameset: it holds no text, it names other files{named}; send one of those")


class AiFailed(RunFailure):
    """The AI endpoint failed."""

    code = "ai_failed"
    retryable = True


class AiUnavailable(AiFailed):
    """No AI endpoint is configured or it cannot be reached; set PRESSRUN_AI_BASE_URL, or use composer=markdown."""

    code = "ai_unavailable"


class AiRefused(AiFailed):
    """The AI endpoint refused; check its settings, or use composer=markdown."""

    code = "ai_refused"
    retryable = False


class BrowserFailure(RunFailure):
    """The browser failed."""

    code = "browser_failed"
    retryable = True


class BrowserUnavailable(BrowserFailure):
    """No Chromium could be started; `pressrun doctor` says what is missing."""

    code = "browser_unavailable"


class BrowserCrashed(BrowserFailure):
    """The browser or the page crashed."""

    code = "browser_crashed"


class PoolExhausted(BrowserFailure):
    """All browser pages are taken and the waiting queue is full or too slow; try again shortly."""

    code = "pool_exhausted"


class RenderTimeout(BrowserFailure):
    """The document did not become ready in time; remove endless scripts or resources that never load."""

    code = "render_timeout"
    retryable = False


class DocumentTooLarge(BrowserFailure):
    """The document is over a limit of the renderer."""

    code = "document_too_large"
    retryable = False


class CoverageTooLow(RunFailure):
    """Less of the source is on the slides than require_coverage asks for."""

    code = "coverage_too_low"


class ExportFailed(RunFailure):
    """A file could not be made of the slides."""

    code = "export_failed"
    retryable = True


class EncoderFailed(ExportFailed):
    """ffmpeg could not make the video; see the server's log, then retry."""

    code = "encoder_failed"


class EncoderMissing(EncoderFailed):
    """ffmpeg is no longer found on this server; install it (Debian: sudo apt-get install ffmpeg), then retry."""

    code = "encoder_missing"


class VoiceFailed(ExportFailed):
    """The voice could not say a sentence; see the server's log, then retry, or take another voice."""

    code = "voice_failed"


class VoiceTimeout(VoiceFailed):
    """The voice took longer for a sentence than PRESSRUN_VOICE_TIMEOUT_S allows; retry, or take another voice."""

    code = "voice_timeout"


class VoiceRefused(VoiceFailed):
    """The voice endpoint refused; check its settings, or take another voice."""

    code = "voice_refused"
    retryable = False


class FetchFailed(RunFailure):
    """Something could not be fetched from another host."""

    code = "fetch_failed"
    retryable = True


class EgressBlocked(FetchFailed):
    """PRESSRUN_EGRESS does not allow that host."""

    code = "egress_blocked"
    retryable = False


class DiskFull(RunFailure):
    """The disk of the data folder is full; free some space and retry."""

    code = "disk_full"
    retryable = True


class DiskFailed(RunFailure):
    """The data folder cannot be written to: its disk failed or is read-only; see the server's log, then retry."""

    code = "disk_failed"
    retryable = True


# What may be well again in a moment, by itself or by somebody's hand: to be waited for, not to be taken for a defect.
TEMPORARY = (DiskFull, DiskFailed, ServerBusy)


class DeadlineExceeded(RunFailure):
    """The run took longer than its time limit."""

    code = "deadline_exceeded"
    retryable = True


class RunCrashed(RunFailure):
    """The run took its process down too often and was given up."""

    code = "crashed"


class AttemptSuperseded(PressrunError):
    """A later attempt owns this run, or the run has ended: nothing more may be written for it."""

    code = "attempt_superseded"


class RunCancelled(PressrunError):
    """The run was cancelled."""

    code = "cancelled"
