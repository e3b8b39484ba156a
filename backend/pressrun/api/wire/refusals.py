"""The 409 of a run in the way, as bytes: who repeats a request, or sends ever new ones, is answered from one rendering.

Owns nothing of what the answer says: that is `RunRejected`'s and problems.py's, which render it. All that an answer
depends on, but for the fingerprint, is compared; so it is the very one that a rendering of its own would be.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pressrun.api.wire.problems import problem_response
from pressrun.runs.model import Run
from pressrun.runs.rejection import RunRejected
from pressrun.telemetry import SecretMask

_MOST_REMEMBERED = 32  # arbitrary (8..1 000): ages are told in tenths of a second; 64 KB


@dataclass(frozen=True, slots=True)
class Rendering:
    """An answer that names `active`: its headers, and its body around the fingerprint."""

    active: Run
    headers: list[tuple[bytes, bytes]]
    before: bytes
    after: bytes


class Refusals:
    """Of one application, used on its loop."""

    def __init__(self, mask: SecretMask) -> None:
        self._mask = mask
        self._renderings: dict[Hashable, Rendering] = {}

    def answer(self, rejected: RunRejected) -> RefusalResponse:
        """What `problem_response` would answer."""
        key = (
            rejected.reason,
            rejected.same_request,
            rejected.visible,
            rejected.shown_age_s,
            rejected.retry_after_s,
            rejected.active.operation_id,
        )
        rendering = self._renderings.get(key)
        if rendering is None or rendering.active is not rejected.active:
            if len(self._renderings) >= _MOST_REMEMBERED:
                self._renderings.clear()
            rendering = self._renderings[key] = _render(rejected, self._mask)
        body = rendering.before + rejected.fingerprint.encode() + rendering.after
        return RefusalResponse(rendering.headers, body)


class RefusalResponse(Response):
    """A 409 that is ready to be sent."""

    def __init__(self, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status_code = 409
        self.background = None
        self.raw_headers = headers
        self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


def _render(rejected: RunRejected, mask: SecretMask) -> Rendering:
    response = problem_response(rejected, mask)
    name = b'"fingerprint":"'  # not within a string: its quotes would have a backslash each
    before, _, rest = bytes(response.body).partition(name)
    return Rendering(rejected.active, response.raw_headers, before + name, rest[len(rejected.fingerprint) :])
