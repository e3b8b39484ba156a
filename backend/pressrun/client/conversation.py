"""`Conversation`: one `generate` or `follow` as decisions without I/O.

Promises: every event of the run after the cursor, once, in order; nothing after the terminal one. A POST is repeated
only where it cannot start a second run: under its own Idempotency-Key, or when it never left this machine. As soon as
the run's name is known, only GETs are sent.
"""

from __future__ import annotations

import re
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
from httpx_sse import ServerSentEvent

from pressrun.client.answers import problem_of
from pressrun.client.errors import (
    ConnectionFailed,
    ConnectionLost,
    InvalidUse,
    ProtocolError,
    RunRejectedError,
    ServerProblem,
)
from pressrun.client.models import ClientEvent, parse_event
from pressrun.client.patience import Outage, Patience, retry_after_s

# What a connection may end with. httpx translates TLS errors on asyncio and trio only while it connects.
BROKEN = (httpx.RequestError, ssl.SSLError)

# Of those, how a kept connection ends that was closed meanwhile.
BROKEN_IN_USE = (httpx.NetworkError, httpx.RemoteProtocolError, ssl.SSLError)

# Failures before a single byte of the request could leave: repeating is always safe.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)

_GAPS_BEFORE_GIVING_UP = 3  # a gap is a damaged stream, healed by resuming; a server that repeats it has lost events
_EVENTS_PATH = re.compile(r"/runs/([^/]+)/events$")
_KEY = re.compile(r"^[\x20-\x7e]{1,200}$")  # what an RFC 9651 string can hold


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person who waits would like to know of the connection; `wait_s` until the next try, None once it is up."""

    message: str
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A request whose answer is to be a stream."""

    method: str
    path: str
    headers: dict[str, str]
    json: dict[str, Any] | None = None

    def options(self) -> dict[str, Any]:
        """The arguments for `httpx`'s `stream`."""
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"} | self.headers
        return {"method": self.method, "url": self.path, "headers": headers, "json": self.json}


class StreamDamaged(Exception):
    """The stream makes no sense here: close it and resume from the cursor."""


@dataclass(slots=True)
class Submission:
    """The POST of one `generate` call: its body, and the key under which it may be repeated.

    A key made here names one call, so its first POST can never meet it; `on_duplicate` then says what to do about
    *other people's* identical runs, and the contract's default for that is `reject`.
    """

    body: dict[str, Any]
    key: str | None = None
    path: str = "/generate-sse"
    sent: bool = field(default=False, init=False)
    """Whether one may have arrived whose answer was lost."""

    def __post_init__(self) -> None:
        if self.key is None and self.body.get("on_duplicate") != "run":
            self.key = str(uuid.uuid4())
            self.body.setdefault("on_duplicate", "reject")
        elif self.key is not None and not _KEY.match(self.key):
            raise InvalidUse("The idempotency key must be 1 to 200 printable ASCII characters.")

    def request(self) -> StreamRequest:
        headers, body = {}, self.body
        if self.key is not None:
            escaped = self.key.replace("\\", "\\\\").replace('"', '\\"')
            headers["Idempotency-Key"] = f'"{escaped}"'
            if self.sent:  # the first one may have arrived: then this key's run is ours to join
                body = body | {"on_duplicate": "join"}
        return StreamRequest("POST", self.path, headers, body)


class Conversation:
    """The state of one call. One owner, used from one task."""

    def __init__(
        self,
        url: str,
        patience: Patience,
        *,
        submission: Submission | None = None,
        operation_id: str | None = None,
        after: int = 0,
        on_notice: Callable[[Notice], None] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.operation_id = operation_id
        self.disposition: str | None = None
        self.cursor = after
        self.done = False
        self._url = url
        self._patience = patience
        self._submission = submission
        self._outage = Outage(patience, clock_s)
        self._notify = on_notice or (lambda notice: None)
        self._reached = False
        self._asking = False
        self._gaps = 0

    @property
    def may_have_started(self) -> bool:
        """False as long as it is certain that no run was started by this call."""
        return self.operation_id is not None or self._asking or (self._submission is not None and self._submission.sent)

    @property
    def own(self) -> bool:
        """Whether the run was started by this call; False for one that was joined, replayed, or only followed."""
        if self._submission is None:
            return False
        return self._submission.sent or self.disposition not in {"joined", "replayed"}

    def next_request(self) -> StreamRequest:
        """What to send now."""
        if self.operation_id is None and self._submission is not None:
            self._asking = True
            return self._submission.request()
        headers = {"Last-Event-ID": str(self.cursor)} if self.cursor else {}
        return StreamRequest("GET", f"/runs/{quote(self.operation_id or '', safe='')}/events", headers)

    def opened(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether the answer is a stream to be read; otherwise its body belongs to `refused`."""
        self._reached = True
        self._asking = False
        if status != HTTPStatus.OK:
            return False
        media_type = headers.get("content-type", "").partition(";")[0].strip()
        if media_type != "text/event-stream":
            raise ProtocolError(
                f"{self._url} answered with {media_type or 'no content type'}, not with an event stream: "
                "is that the address of a Pressrun server?"
            )
        self._learn(headers)
        if self._outage.failures:
            self._notify(Notice("Connected again."))
        self._outage.connected()
        return True

    def received(self, sse: ServerSentEvent) -> ClientEvent | None:
        """The event of one message, or None if it carries none, or one that was seen before.

        Raises: StreamDamaged, ProtocolError.
        """
        if sse.retry is not None:
            self._outage.server_says(sse.retry)
        if not sse.data:
            return None
        try:
            event = parse_event(sse.data, sse.id)
        except (ValueError, RecursionError) as exc:
            raise StreamDamaged("an event could not be read") from exc
        if event is None or event.seq <= self.cursor:
            return None
        self._advance(event)
        return event

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> float:
        """Seconds to wait before the next try; 0 when there is none, because the run has ended.

        Raises: ServerProblem, RunRejectedError.
        """
        if status == HTTPStatus.NO_CONTENT:
            self.done = True
            return 0
        problem = problem_of(status, headers, body)
        after_s = retry_after_s(headers.get("retry-after"))
        if headers.get("x-should-retry") == "false" or not self._passes_by_itself(problem, after_s):
            raise problem
        wait_s = self._outage.next_wait_s(after_s or 0)
        if wait_s is None:
            raise problem
        self._notify(Notice(f"{problem.detail} Trying again in {wait_s:.0f} s.", wait_s))
        return wait_s

    def lost(self, cause: Exception | None) -> float:
        """The connection failed, or ended before the run did: seconds to wait before the next try.

        Raises: ConnectionFailed, ConnectionLost.
        """
        reason = (str(cause) or type(cause).__name__) if cause is not None else "the stream was cut"
        self._check_repeatable(cause, reason)
        wait_s = self._outage.next_wait_s()
        if wait_s is None:
            raise ConnectionLost(self._url, self._farewell(reason), self.operation_id, self.cursor) from cause
        self._notify(Notice(f"Connection lost ({reason}). Trying again in {wait_s:.1f} s.", wait_s))
        return wait_s

    def _advance(self, event: ClientEvent) -> None:
        if event.seq != self.cursor + 1:
            self._gaps += 1
            if self._gaps >= _GAPS_BEFORE_GIVING_UP:
                raise ProtocolError(f"The server skips events: {event.seq} follows {self.cursor}.")
            raise StreamDamaged(f"event {event.seq} follows {self.cursor}")
        self._gaps = 0
        self.cursor = event.seq
        self.operation_id = self.operation_id or event.operation_id or None
        self.done = event.terminal
        self._outage.over()

    def _learn(self, headers: Mapping[str, str]) -> None:
        self.disposition = self.disposition or headers.get("run-disposition")
        found = _EVENTS_PATH.search(headers.get("location", ""))
        if self.operation_id is None and found is not None:
            self.operation_id = found.group(1)

    def _check_repeatable(self, cause: Exception | None, reason: str) -> None:
        self._asking = False
        if isinstance(cause, NEVER_SENT):
            if not self._reached:  # nobody has ever answered here: more likely a wrong address than an outage
                raise unreachable(self._url, reason) from cause
            return
        self._reached = True
        if self.operation_id is not None or self._submission is None:
            return
        self._submission.sent = True
        if self._submission.key is None:
            raise ConnectionFailed(
                self._url,
                f"No answer from {self._url} ({reason}). The run may have started: look at the list of runs before "
                "you send it again (with on_duplicate=run it is never repeated by itself).",
            ) from cause

    def _passes_by_itself(self, problem: ServerProblem, after_s: float | None) -> bool:
        """Whether a refusal is about the moment and not about the request."""
        if isinstance(problem, RunRejectedError):
            return False
        if problem.status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}:
            return self.operation_id is not None or self._submission is None or self._submission.key is not None
        if problem.status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
            return after_s is not None or problem.code is None
        return problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR and self.operation_id is not None

    def _farewell(self, reason: str) -> str:
        minutes = self._patience.give_up_after_s / 60
        message = f"No contact with {self._url} for {minutes:.3g} minutes ({reason}), given up."
        if self.operation_id is None:
            return f"{message} Whether the run has started is not known."
        return f"{message} Run {self.operation_id} goes on there if the server does."


class StreamState:
    """What a stream of events says of itself besides its events; `_conversation` knows it."""

    _conversation: Conversation

    @property
    def operation_id(self) -> str | None:
        """The run's name; None until the server has answered."""
        return self._conversation.operation_id

    @property
    def disposition(self) -> str | None:
        """`started joined queued replaced replayed`; None until the server has answered."""
        return self._conversation.disposition

    @property
    def own(self) -> bool:
        """Whether this call started the run; False for one that was joined, replayed, or only followed."""
        return self._conversation.own

    @property
    def may_have_started(self) -> bool:
        """False as long as it is certain that this call has started nothing."""
        return self._conversation.may_have_started

    @property
    def cursor(self) -> int:
        """The seq of the last event given out: `follow(operation_id, after=cursor)` goes on there."""
        return self._conversation.cursor


def unreachable(url: str, reason: str) -> ConnectionFailed:
    """The error for a server that nobody has reached."""
    return ConnectionFailed(
        url, f"Cannot reach {url} ({reason}). Start a server with `pressrun serve`, or give the address of another."
    )


def translated(exc: Exception, url: str) -> Exception:
    """The client's word for what happened to a request that is not a stream."""
    return unreachable(url, str(exc) or type(exc).__name__) if isinstance(exc, BROKEN) else exc
