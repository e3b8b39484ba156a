"""What can go wrong for a client, drawn here.

    ClientError                everything this package raises by itself
    ├── InvalidUse             the arguments make no request; nothing was sent
    ├── ConnectionFailed       no answer; the message names the address and what to do
    │   └── ConnectionLost     contact with a run was lost for too long; the run goes on, and can be followed later
    ├── ProtocolError          an answer that no Pressrun server gives
    ├── ServerProblem          the server said no; carries its status and problem document
    │   └── RunRejectedError   another run is in the way (409); names it
    │       └── LanePausedError   nothing begins in the lane until somebody resumes it; asking again does not help
    └── DownloadDamaged        a file arrived with another digest than the server named

A tree of its own, not part of `pressrun.errors`: those are what a server tells, these are what a caller meets, and the
table of HTTP statuses is complete over the former.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """The client could not do what it was asked."""


class InvalidUse(ClientError):
    """The arguments make no request; nothing was sent."""


class ConnectionFailed(ClientError):
    """No answer came from the server."""

    def __init__(self, url: str, message: str) -> None:
        self.url = url
        super().__init__(message)


class ConnectionLost(ConnectionFailed):
    """Contact with a run was lost for too long. `follow(operation_id, cursor)` goes on where this ended."""

    def __init__(self, url: str, message: str, operation_id: str | None, cursor: int) -> None:
        self.operation_id = operation_id
        self.cursor = cursor
        super().__init__(url, message)


class ProtocolError(ClientError):
    """The answer is not one that a Pressrun server gives."""


class DownloadDamaged(ClientError):
    """The bytes that arrived are not those that the server named."""


class ServerProblem(ClientError):
    """The server said no. `problem` is its RFC 9457 document, made up from the status where there was none."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        super().__init__(self.detail)

    @property
    def code(self) -> str | None:
        """The error's fixed word, as in `pressrun.errors`."""
        code = self.problem.get("code")
        return code if isinstance(code, str) else None

    @property
    def detail(self) -> str:
        """What went wrong, for a person."""
        for member in ("detail", "message", "title"):
            text = self.problem.get(member)
            if isinstance(text, str) and text:
                return text
        return f"The server answered {self.status}."

    @property
    def errors(self) -> list[dict[str, str]]:
        """The wrong fields of a 422: `field`, `problem`, `valid`."""
        listed = self.problem.get("errors")
        entries = listed if isinstance(listed, list) else []
        return [{str(k): str(v) for k, v in entry.items()} for entry in entries if isinstance(entry, dict)]


class RunRejectedError(ServerProblem):
    """Another run is in the way; nothing was started."""

    @property
    def reason(self) -> str | None:
        """`in_flight`, `duplicate` or `lane_paused`."""
        reason = self.problem.get("reason")
        return reason if isinstance(reason, str) else None

    @property
    def active_operation_id(self) -> str | None:
        """The run in the way; None when it is somebody else's."""
        name = self.problem.get("active_operation_id")
        return name if isinstance(name, str) else None


class LanePausedError(RunRejectedError):
    """The lane is paused: resume it (`resume_lane`), take another, or wait in its queue with `on_busy="queue"`."""

    @property
    def lane(self) -> str:
        """The lane's name; empty when an older server did not say."""
        name = self.problem.get("lane")
        return name if isinstance(name, str) else ""

    @property
    def paused_at(self) -> str | None:
        """Since when, as an ISO 8601 instant."""
        at = self.problem.get("paused_at")
        return at if isinstance(at, str) else None
