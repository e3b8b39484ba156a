"""Request bodies: bytes from the wire to a validated model, or an error that says which field and what is valid.

Owns the bounds of a JSON body (bytes, time, depth, number of values) and the words for what is wrong with one. Does
not own what a request may hold: that is the model's business, and the valid ranges are read out of its JSON schema.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import anyio
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request

from pressrun.api.field_errors import field_problems, surrogate_problems
from pressrun.errors import BodyTooLarge, BodyTooSlow, FieldErrors, MalformedBody, UnsupportedMediaType

MAX_DEPTH = 32  # arbitrary (8..200): requests are two levels deep; the parser itself gives up near 1 000
MAX_VALUES = 10_000  # arbitrary (1 000..100 000): each may become a field error, 5 MB of `1,` would be 2.5 million
_MAX_EXACT = 2**53  # beyond it a float is no longer one integer

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may arrive: the first seconds are free, then it needs a rate, and it never takes longer than
    `total_s`. (uvicorn has no limit of its own: a client that sends a byte a minute would hold its place for ever.)
    """

    free_s: float = 10
    bytes_per_s: float = 20_000
    total_s: float = 60

    def allowed_s(self, received_bytes: int) -> float:
        """Seconds from the start within which more must have come than these bytes."""
        return min(self.total_s, self.free_s + received_bytes / self.bytes_per_s)


PACE = Pace()  # SAFETY


async def read_json_object(
    request: Request, limit_bytes: int, *, optional: bool = False, pace: Pace = PACE
) -> dict[str, Any]:
    """The JSON object in the request's body; `{}` if `optional` and there is no body.

    Numbers that are whole come as int (`1.0` is `1`), lone surrogates as they were sent: `parse_model` names their
    field. Reads no more than `limit_bytes` plus one chunk.

    Raises: UnsupportedMediaType, BodyTooLarge, BodyTooSlow, MalformedBody.
    """
    if optional and not carries_body(request.headers):
        return {}
    raw = await read_json(request, limit_bytes, pace=pace)
    if optional and not raw:
        return {}
    return parse_json_object(raw)


async def read_json(request: Request, limit_bytes: int, *, pace: Pace = PACE) -> bytes:
    """The body as it came, which says that it is JSON; for `parse_json_object`. Raises: as `read_json_object`."""
    if not carries_body(request.headers):
        raise MalformedBody("The body is empty; send a JSON object.")
    require_json(request.headers)
    return await _read_bounded(request, limit_bytes, pace)


def carries_body(headers: Headers) -> bool:
    """Whether the request announces a body (RFC 9112 section 6)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip("0") != ""


def media_type(headers: Headers) -> str:
    """The Content-Type without parameters, in lower case; empty when there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def require_json(headers: Headers) -> None:
    """Raises UnsupportedMediaType unless the body says that it is plain UTF-8 JSON."""
    content_type = headers.get("content-type", "")
    charset = content_type.lower().partition("charset=")[2].strip('" ')
    if media_type(headers) != "application/json":
        said = f"says {content_type[:100]!r}" if content_type else "has no Content-Type"
        raise UnsupportedMediaType(f"The body {said}; this path takes Content-Type: application/json.")
    if charset and charset.partition(";")[0] not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMediaType("The body must be in UTF-8: send Content-Type: application/json.")
    if headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType(
            "Compressed bodies are not taken: send plain application/json, without Content-Encoding."
        )


async def _read_bounded(request: Request, limit_bytes: int, pace: Pace) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit_bytes:
        _refuse_size(limit_bytes)
    body = bytearray()
    started_at = anyio.current_time()
    with anyio.CancelScope(deadline=started_at + pace.allowed_s(0)) as scope:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit_bytes:
                _refuse_size(limit_bytes)
            if chunk:
                scope.deadline = started_at + pace.allowed_s(len(body))
        return bytes(body)
    raise BodyTooSlow(
        f"The body did not arrive in time: {len(body)} bytes in {pace.allowed_s(len(body)):.0f} s; after "
        f"{pace.free_s:.0f} s it needs {pace.bytes_per_s / 1000:.0f} kB/s, and {pace.total_s:.0f} s is the most."
    )


def _refuse_size(limit_bytes: int) -> NoReturn:
    raise BodyTooLarge(f"The body is larger than {limit_bytes} bytes, the most this path takes.")


def parse_json_object(raw: bytes) -> dict[str, Any]:
    """The object that `raw` spells. Raises MalformedBody with the position of what is wrong."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_parse_float)
    except UnicodeDecodeError as exc:
        raise MalformedBody(f"The body is not UTF-8: byte {exc.start} is wrong.") from exc
    except json.JSONDecodeError as exc:
        raise MalformedBody(f"The body is not JSON: {exc.msg} at line {exc.lineno}, column {exc.colno}.") from exc
    except RecursionError as exc:
        raise MalformedBody(_TOO_DEEP) from exc
    except ValueError as exc:  # an integer of more than 4 300 digits, which Python will not convert
        raise MalformedBody("The body holds a number that is too large.") from exc
    if not isinstance(value, dict):
        raise MalformedBody("The body must be a JSON object, as in {…}.")
    _check_shape(value)
    return value


_TOO_DEEP = f"The body is nested more than {MAX_DEPTH} levels deep."


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBody(f"The body holds {name}, which is not JSON; send a finite number.")


def _parse_float(digits: str) -> float | int:
    number = float(digits)
    if math.isinf(number):
        raise MalformedBody("The body holds a number that is too large.")
    return int(number) if number.is_integer() and abs(number) < _MAX_EXACT else number


def _check_shape(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    values = 0
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        values += len(level)
        if values > MAX_VALUES:
            raise MalformedBody(f"The body holds more than {MAX_VALUES} values.")
        if not level:
            return
    raise MalformedBody(_TOO_DEEP)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def parse_model(model: type[Model], data: dict[str, Any]) -> Model:
    """`data` as a `model`, strictly: no string is taken for a number and no true for a 1.

    A validator that checks several fields together names the one to blame: `ValueError("overlap: is more than …")`.
    So a model for bodies declares what JSON has: `list`, never tuple or set; `str`, never datetime.

    Raises: FieldErrors, at most 20 of them, each with what would be valid.
    """
    problems = surrogate_problems(data)
    if problems:
        raise FieldErrors(problems)
    try:
        return model.model_validate(data, strict=True)
    except ValidationError as exc:
        raise FieldErrors(field_problems(model, exc)) from exc
