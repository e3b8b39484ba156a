"""Which other pages' scripts may use the API, as PRESSRUN_CORS_ORIGINS names them. Pure.

None by default. An origin is matched as a whole (scheme, host, port): no wildcard, no `null`, no suffix. No credentials
are ever allowed along: nothing here uses cookies, and a token travels in a header that the page must set itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.datastructures import Headers

from pressrun.api.gate.hosts import parse_authority
from pressrun.egress.policy import DEFAULT_PORTS
from pressrun.errors import StartupError

EXPOSED_HEADERS = ("Location", "Run-Disposition", "Retry-After", "Link")
_ALLOWED_HEADERS = (
    "Authorization",
    "Cache-Control",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "Range",
    "X-Pressrun",
)
_MAX_AGE_S = 600  # arbitrary (0..7200, Chromium's limit): how long a browser need not ask again


class CorsOrigins:
    """The origins that are allowed, in the spelling in which browsers send them. Immutable."""

    def __init__(self, configured: Iterable[str] = ()) -> None:
        self._origins = frozenset(map(_parse_origin, configured))

    def __bool__(self) -> bool:
        return bool(self._origins)

    def find(self, headers: Headers) -> str | None:
        """The request's origin, if it names exactly one and that is allowed."""
        given = headers.getlist("origin")
        return given[0] if len(given) == 1 and given[0] in self._origins else None


def is_preflight(method: str, headers: Headers) -> bool:
    """Whether a browser asks if it may send another request (Fetch standard, 4.8)."""
    return method == "OPTIONS" and "access-control-request-method" in headers


def preflight_headers(methods: Iterable[str]) -> Mapping[str, str]:
    """What a page of an allowed origin may send."""
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join(_ALLOWED_HEADERS),
        "Access-Control-Max-Age": str(_MAX_AGE_S),
    }


def answer_headers(origin: str) -> Mapping[str, str]:
    """What lets a page of `origin` read an answer, refusals too."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS),
    }


def _parse_origin(text: str) -> str:
    scheme, separator, rest = text.lower().partition("://")
    authority = parse_authority(rest)
    if not separator or scheme not in DEFAULT_PORTS or authority is None:
        raise StartupError(
            f"PRESSRUN_CORS_ORIGINS: {text!r} is no origin; write `https://app.example` or `http://localhost:5173`, "
            "without a path. There is no wildcard: it would let every page in"
        )
    default = authority.port in {None, DEFAULT_PORTS[scheme]}
    return f"{scheme}://{authority.host}" + ("" if default else f":{authority.port}")
