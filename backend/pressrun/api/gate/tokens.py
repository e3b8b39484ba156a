"""Who is calling: bearer tokens, the callers they stand for, and when a server may do without them.

Owns the form of a token and of its line in PRESSRUN_TOKENS (`name:sha256[:scope+scope]`). A token itself is never
stored: the line holds its SHA-256, which is enough for 256 random bits (a slow hash is for what people can remember).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from pressrun.api.gate.hosts import is_loopback
from pressrun.errors import StartupError
from pressrun.request_errors import Forbidden

TokenScope = Literal["run", "read", "priority", "admin"]
SCOPES: tuple[TokenScope, ...] = get_args(TokenScope)

_PREFIX = "pressrun_"  # lets people and secret scanners recognise one
_LINE = re.compile(r"(?P<name>[a-z0-9_-]{1,64}):(?P<digest>[0-9a-f]{64})(?::(?P<scopes>[a-z+]+))?")
_CALLER = "caller"


@dataclass(frozen=True)
class Caller:
    """Somebody who may do something here. Runs belong to a caller, by `name`."""

    name: str
    scopes: frozenset[TokenScope]

    def may(self, scope: TokenScope) -> bool:
        """Whether this caller holds `scope`; `admin` includes the others."""
        return scope in self.scopes or "admin" in self.scopes


def require_priority(caller: Caller, priority: int) -> None:
    """Raises: Forbidden for who may not go before others in the waiting queues."""
    if priority > 0 and not caller.may("priority"):
        raise Forbidden(
            "priority above 0 goes before everybody else in the queue: it needs a token with the scope `priority`; "
            "leave it out, or ask the operator"
        )


LOCAL = Caller("local", frozenset(SCOPES))
"""Everybody, on a server without tokens: whoever reaches loopback is the user."""

ANYBODY = Caller("", frozenset())
"""Somebody without a token, on a server that wants one: sees what is public. No token can have this name."""


class Tokens:
    """The tokens that this server knows, by digest. Immutable. False when there are none."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = tuple(callers.items())

    def __bool__(self) -> bool:
        return bool(self._callers)

    def find(self, token: str) -> Caller | None:
        """Whose token it is; takes as long whichever it is, and whether or not it is known."""
        digest = _digest(token)
        found: Caller | None = None
        for known, caller in self._callers:
            if hmac.compare_digest(known, digest):
                found = caller
        return found


def parse_tokens(lines: Iterable[str]) -> Tokens:
    """The tokens of PRESSRUN_TOKENS. Raises StartupError that says which line is wrong, and never shows a digest."""
    callers: dict[str, Caller] = {}
    for number, line in enumerate(lines, 1):
        digest, caller = _parse_line(line, number)
        if digest in callers or caller.name in {known.name for known in callers.values()}:
            raise StartupError(f"PRESSRUN_TOKENS: the name or token of entry {number} ({caller.name}) is there twice")
        callers[digest] = caller
    return Tokens(callers)


def _parse_line(line: str, number: int) -> tuple[str, Caller]:
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise StartupError(
            f"PRESSRUN_TOKENS: entry {number} is not `name:sha256[:scopes]` (name: a-z 0-9 _ -; sha256: 64 hex "
            "digits, small letters); `pressrun token new` prints a right one"
        )
    scopes = frozenset((match["scopes"] or "run+read").split("+"))
    if not scopes <= set(SCOPES):
        raise StartupError(f"PRESSRUN_TOKENS: entry {number} has a scope that is none of {', '.join(SCOPES)}")
    return match["digest"], Caller(match["name"], cast(frozenset[TokenScope], scopes))


def new_token(name: str, scopes: Iterable[TokenScope] = ("run", "read")) -> tuple[str, str]:
    """A fresh token, to be shown once, and its line for PRESSRUN_TOKENS. Raises StartupError for a wrong name."""
    token = _PREFIX + secrets.token_urlsafe(32)
    line = f"{name}:{_digest(token)}:{'+'.join(scopes)}"
    _parse_line(line, 1)
    return token, line


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def require_safe_bind(host: str, tokens: Tokens) -> None:
    """Raises StartupError if strangers could reach `host` and there is no token to keep them out."""
    if not tokens and not is_loopback(host):
        raise StartupError(
            f"refusing to listen on {host or 'every address'} without a token: "
            "run `pressrun token new`, set PRESSRUN_TOKENS, or bind 127.0.0.1"
        )


def with_caller(scope: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """A copy of the ASGI scope that `caller_of` finds `caller` in."""
    return {**scope, "state": {**scope.get("state", {}), _CALLER: caller}}


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """Whom the gate found to be calling: `caller_of(request.scope)`. KeyError where there is no gate."""
    return cast(Caller, scope["state"][_CALLER])
