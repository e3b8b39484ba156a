"""Request bodies: bytes from the wire to a validated model, or an error that says which field and what is valid.

Owns the bounds of a JSON body (bytes, time, depth, number of values) and the words for what is wrong with one. Does
not own what a request may hold: that is the model's business, and the valid ranges are read out of its JSON schema.

The parser is C that lets nobody else have a turn: 20 MB of `[],` took it 2.8 s (measured). So a body that holds too
many values is refused by counting, before it is parsed, and a large one is parsed in a thread (`parse_aside`).
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from types import coroutine
from typing import Any, NoReturn, TypeVar, cast

import anyio
import anyio.to_thread
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from pressrun.api.wire.field_errors import field_problems, surrogate_problems
from pressrun.request_errors import BodyTooLarge, BodyTooSlow, FieldErrors, MalformedBody, UnsupportedMediaType

MAX_DEPTH = 32  # arbitrary (8..200): requests are two levels deep; the parser itself gives up near 1 000
MAX_VALUES = 10_000  # arbitrary (1 000..100 000): each may become a field error, 5 MB of `1,` would be 2.5 million
_MAX_EXACT = 2**53  # beyond it a float is no longer one integer
_LARGE_BYTES = 256 * 1024  # measured: parsing, checking and hashing that much text holds the loop for 4 ms

Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may arrive: the first seconds are free, then it needs a rate, and it never takes longer than
    `total_s`. (uvicorn has no limit of its own: who sends a byte a minute would hold its connection for ever.)
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
    return await parse_aside(parse_json_object, raw)


async def read_json(request: Request, limit_bytes: int, *, pace: Pace = PACE) -> bytes:
    """The body as it came, which says that it is JSON; for `parse_json_object`. Raises: as `read_json_object`."""
    if not carries_body(request.headers):
        raise MalformedBody("The body is empty; send a JSON object.")
    require_json(request.headers)
    return await _read_bounded(request, limit_bytes, pace)


async def parse_aside(parse: Callable[[bytes], T], raw: bytes) -> T:
    """`parse(raw)`: at once when that is short work, else in a thread, so that the others have their turns."""
    return parse(raw) if len(raw) <= _LARGE_BYTES else await anyio.to_thread.run_sync(parse, raw)


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
    steps = request.receive().__await__()
    waits_for = None
    try:
        waits_for = next(steps)
    except StopIteration as arrived:
        if _take(body, arrived.value, limit_bytes):
            return bytes(body)  # it came with its head, as nearly all do: a clock is a tenth of a 409 (decision 0007)
    with anyio.CancelScope(deadline=started_at + pace.allowed_s(len(body))) as scope:
        whole = waits_for is not None and _take(body, await _going_on(steps, waits_for), limit_bytes)
        while not whole:
            scope.deadline = started_at + pace.allowed_s(len(body))
            whole = _take(body, await request.receive(), limit_bytes)
        return bytes(body)
    raise BodyTooSlow(
        f"The body did not arrive in time: {len(body)} bytes in {pace.allowed_s(len(body)):.0f} s; after "
        f"{pace.free_s:.0f} s it needs {pace.bytes_per_s / 1000:.0f} kB/s, and {pace.total_s:.0f} s is the most."
    )


@coroutine
def _going_on(steps: Generator[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """The rest of what was run up to its first wait by the task that now awaits it, and right away."""
    while True:
        try:
            yield waits_for
        except BaseException as exc:  # noqa: BLE001 - a cancellation, for one, is for what waits to meet
            try:
                waits_for = steps.throw(exc)
            except StopIteration as end:
                return cast(T, end.value)
        else:
            return (yield from steps)


def _take(body: bytearray, message: Message, limit_bytes: int) -> bool:
    """Adds what has come; whether that was all. Raises: BodyTooLarge, ClientDisconnect."""
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    body += message.get("body", b"")
    if len(body) > limit_bytes:
        _refuse_size(limit_bytes)
    return not message.get("more_body", False)


def _refuse_size(limit_bytes: int) -> NoReturn:
    raise BodyTooLarge(f"The body is larger than {limit_bytes} bytes, the most this path takes.")


def parse_json_object(raw: bytes) -> dict[str, Any]:
    """The object that `raw` spells. Raises MalformedBody with the position of what is wrong.

    A byte order mark is passed over, as RFC 8259 section 8.1 allows: PowerShell and editors write one.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    check_count(raw)
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
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
_TOO_MANY = f"The body holds more than {MAX_VALUES} values."


def check_count(raw: bytes, most: int = MAX_VALUES) -> None:
    """Raises MalformedBody if there are surely too many values: a comma outside of strings stands between each two.

    What has few commas is quick to parse: it can only be nested, and the parser gives up near 1 000 levels.
    """
    if raw.count(b",") <= most:
        return
    # Backslashes are in strings only. Without `\\` and then `\"`, every quote that is left begins or ends a string.
    pieces = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    strings = pieces.count(b'"') // 2  # of each value at most two: itself and its name
    if strings > 2 * (most + 1) or b"".join(pieces.split(b'"')[::2]).count(b",") > most:
        raise MalformedBody(_TOO_MANY)


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBody(f"The body holds {name}, which is not JSON; send a finite number.")


def _parse_float(digits: str) -> float | int:
    number = float(digits)
    if math.isinf(number):
        raise MalformedBody("The body holds a number that is too large.")
    return int(number) if number.is_integer() and abs(number) < _MAX_EXACT else number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_parse_float)


def _check_shape(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    values = 0
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        values += len(level)
        if values > MAX_VALUES:
            raise MalformedBody(_TOO_MANY)
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
