"""multipart/form-data: a form's fields as the JSON body that says the same, so that what follows knows one kind only.

Owns the bounds of a form (bytes, time, parts, headers, size of each field) and what its strings mean; not what a
request may hold. The parse is a stream: bytes of what is refused are read, so that the client hears why, and not kept.

What a form spells: numbers as in JSON, `true` or `false`, a list by repeating its field or with commas. An empty field
is one that was not given, as browsers send what nobody filled in; CR LF in a field is what browsers make of a line end.
One `files` part may take the place of the source; each `attachments` part is a file that it names, by its filename.
"""

from __future__ import annotations

import base64
import functools
import json
import math
import re
from pathlib import PurePath
from typing import Any

import anyio
from pydantic import BaseModel
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.requests import Request

from pressrun.api.wire.body import PACE, Pace, media_type
from pressrun.api.wire.field_errors import MAX_PROBLEMS
from pressrun.attachments import MAX_BYTES, MAX_FILES, why_no_path
from pressrun.request_errors import (
    BodyTooLarge,
    BodyTooSlow,
    FieldErrors,
    FieldProblem,
    MalformedBody,
    UnsupportedMediaType,
)
from pressrun.source_kinds import (
    BY_FIELD,
    ENDINGS,
    FILE_WORDS,
    SourceKind,
    kind_of_ending,
    kind_of_media_type,
)
from pressrun.sources.parser_pool import parse

FORM = "multipart/form-data"
MAX_PARTS = 100 + MAX_FILES  # arbitrary (50..1 000): all fields there are, a list's by repeating, and attachments
_MAX_HEADERS, _MAX_HEADER_BYTES = 8, 4096  # of one part; browsers send two
_MAX_BOUNDARY_BYTES = 70  # RFC 2046
_MAX_NAME_CHARACTERS = 100
_MAX_FIELD_BYTES = 100_000  # any other field; the longest, `system_prompt`, has 20 000 characters

_ATTACHMENTS = "attachments"
_ATTACHMENTS_VALID = f"files with the path from the source as filename, {MAX_BYTES // 1_000_000} MB together"
_UNSAID = {"", "application/octet-stream"}  # what clients say of a file they do not know: then its name tells
_FILES_VALID = f"one {FILE_WORDS} file ({' '.join(ENDINGS)})"
_ENCODING_VALID = (
    "UTF-8, or a file that says what it is in (a byte order mark, `<meta charset>`, `charset=` of its part)"
)
_DECODE_LIMIT_S = 10.0  # a file of 5 MB takes half a second; Python's slowest codec three
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MAX_NUMBER = 100  # characters; no field has a number of more than five digits
_PLAIN_ENCODINGS = {"", "7bit", "8bit", "binary"}


def is_form(headers: Headers) -> bool:
    """Whether the body says that it is a form."""
    return media_type(headers) == FORM


async def read_form(request: Request, model: type[BaseModel], limit_bytes: int, *, pace: Pace = PACE) -> bytes:
    """The JSON of a `model` that the request's form spells; for `parse_json_object`.

    Raises: UnsupportedMediaType, BodyTooLarge, BodyTooSlow, MalformedBody, FieldErrors, SourceTooComplex.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("Compressed forms are not taken: send it without Content-Encoding.")
    form = _Form(_boundary_of(request.headers), _kinds_of(model))
    received = 0
    started_at = anyio.current_time()
    with anyio.CancelScope(deadline=started_at + pace.allowed_s(0)) as scope:
        async for chunk in request.stream():
            received += len(chunk)
            if received > limit_bytes:
                raise BodyTooLarge(f"The form is larger than {limit_bytes} bytes, the most this path takes.")
            form.write(chunk)
            if chunk:
                scope.deadline = started_at + pace.allowed_s(received)
        scope.deadline = math.inf  # it has arrived
        await form.decode_file()
        return json.dumps(form.finish(), ensure_ascii=False).encode()
    raise BodyTooSlow(
        f"The form did not arrive in time: {received} bytes in {pace.allowed_s(received):.0f} s; after "
        f"{pace.free_s:.0f} s it needs {pace.bytes_per_s / 1000:.0f} kB/s, and {pace.total_s:.0f} s is the most."
    )


def _boundary_of(headers: Headers) -> bytes:
    boundary = parse_options_header(headers.get("content-type", ""))[1].get(b"boundary", b"")
    if not 0 < len(boundary) <= _MAX_BOUNDARY_BYTES:
        raise MalformedBody(
            f"Content-Type: {FORM} must name a `boundary` of 1 to {_MAX_BOUNDARY_BYTES} characters; let your client "
            "make the header by itself."
        )
    return boundary


@functools.lru_cache(maxsize=8)
def _kinds_of(model: type[BaseModel]) -> dict[str, str]:
    """JSON's type of each field: `string number integer boolean array`."""
    kinds = {}
    for name, schema in model.model_json_schema()["properties"].items():
        choices = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
        kinds[name] = str(choices[0].get("type", "string"))
    return kinds


class _Part:
    """The part that is being read. `most_bytes` 0: it is refused, and what comes of it is dropped."""

    def __init__(self) -> None:
        self.headers: dict[str, bytes] = {}
        self.name = ""
        self.filename: str | None = None
        self.data = bytearray()
        self.most_bytes = 0
        self.source: SourceKind | None = None
        self.charset: str | None = None


class _Form:
    """Collects the parts; one for each request."""

    def __init__(self, boundary: bytes, kinds: dict[str, str]) -> None:
        self._kinds = kinds
        self._fields: dict[str, list[str]] = {}
        self._file: tuple[SourceKind, str] | None = None
        self._undecoded: _Part | None = None
        self._attached: dict[str, str] = {}
        self._attached_bytes = 0
        self._problems: list[FieldProblem] = []
        self._parts = 0
        self._part = _Part()
        self._header = [b"", b""]
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": functools.partial(self._collect, 0),
                "on_header_value": functools.partial(self._collect, 1),
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._take,
                "on_part_end": self._close,
                "on_end": self._end,
            },
            max_header_count=_MAX_HEADERS,
            max_header_size=_MAX_HEADER_BYTES,
        )

    def write(self, chunk: bytes) -> None:
        """Raises: MalformedBody."""
        try:
            self._parser.write(chunk)
        except FormParserError as exc:
            raise MalformedBody(f"The body is no form of the boundary that its Content-Type names: {exc}") from exc

    async def decode_file(self) -> None:
        """Reads the file as the text that it is, if it came. Raises: SourceTooComplex, ComposeFailed."""
        part = self._undecoded
        if part is None or part.source is None or not self._ended:
            return
        self._file = (part.source, _as_utf8(part) or "")
        if self._file[1]:
            return
        # there, and not here: who sends it chooses how it is to be decoded
        made = await parse("decode", blob=bytes(part.data), said=part.charset, timeout_s=_DECODE_LIMIT_S)
        self._file = (part.source, made.get("text", ""))
        if "wrong" in made:
            label, byte, at = made["wrong"]
            what = f"{_shown(part.filename or '')} is not {_shown(label).upper()}: byte 0x{byte:02x} at position {at}"
            self._blame("files", f"{what}; convert it, or name its encoding", _ENCODING_VALID)

    def finish(self) -> dict[str, Any]:
        """The request. Raises: MalformedBody, FieldErrors."""
        if not self._ended:
            raise MalformedBody("The form is cut off: its closing boundary did not come.")
        given = {name: self._read(name, values) for name, values in self._fields.items()}
        if self._file is not None:
            source, text = self._file
            both = [name for name in BY_FIELD if name in given]
            if both:
                self._blame("files", f"was sent beside `{both[0]}`; give one source", _FILES_VALID)
            given[source.field] = text
        if self._attached:
            given[_ATTACHMENTS] = self._attached
        if self._problems:
            raise FieldErrors(self._problems[:MAX_PROBLEMS])
        return given

    def _read(self, name: str, values: list[str]) -> Any:
        """What the strings mean; a string that means nothing stays one, and the model says what would be valid."""
        kind = self._kinds.get(name, "string")
        if kind == "array":
            return [item.strip() for value in values for item in value.split(",") if item.strip()]
        if len(values) > 1:
            self._blame(name, f"was sent {len(values)} times", "once")
        value = values[0]
        if kind in {"number", "integer"} and len(value) <= _MAX_NUMBER and _NUMBER.fullmatch(value):
            return json.loads(value) if math.isfinite(float(value)) else value
        return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise MalformedBody(f"The form has more than {MAX_PARTS} parts.")
        self._part = _Part()

    def _collect(self, which: int, data: bytes, start: int, end: int) -> None:
        self._header[which] += data[start:end]

    def _end_header(self) -> None:
        name, value = self._header
        self._part.headers[name.decode("latin-1").lower()] = value
        self._header = [b"", b""]

    def _open(self) -> None:
        part = self._part
        options = parse_options_header(part.headers.get("content-disposition", b""))[1]
        part.name = _decode_name(options.get(b"name", b""))
        encoding = part.headers.get("content-transfer-encoding", b"").decode("latin-1").strip().lower()
        if encoding not in _PLAIN_ENCODINGS:
            raise MalformedBody(f"Part `{part.name}` has a Content-Transfer-Encoding; send its bytes as they are.")
        if b"filename" in options:
            path = _decode_name(options[b"filename"], "a file without a name")
            part.filename = path if part.name == _ATTACHMENTS else PurePath(path).name
            self._open_file(part)
        elif part.name in ("files", _ATTACHMENTS):
            valid = _FILES_VALID if part.name == "files" else _ATTACHMENTS_VALID
            self._blame(part.name, "is no file: its part has no filename", valid)
        else:
            part.most_bytes = BY_FIELD[part.name].most_bytes if part.name in BY_FIELD else _MAX_FIELD_BYTES

    def _open_file(self, part: _Part) -> None:
        if part.name == _ATTACHMENTS:
            self._open_attachment(part)
            return
        if part.name != "files":
            self._blame(part.name, "came as a file; a file is sent as `files`", "a plain form field")
            return
        if self._file is not None:
            self._blame("files", "holds more than one file; one run has one source", _FILES_VALID)
            return
        content_type, options = parse_options_header(part.headers.get("content-type", b""))
        kind = content_type.decode("latin-1").strip().lower()
        part.charset = options.get(b"charset", b"").decode("latin-1") or None
        ending = PurePath(part.filename or "").suffix.lower()
        part.source = kind_of_ending(ending) if kind in _UNSAID else kind_of_media_type(kind)
        if part.source is None:
            what = _shown(ending.lstrip(".").upper() if kind in _UNSAID and ending else kind or "an unknown type")
            remedy = "save it as HTML or Markdown, or send its text as `text`"
            self._blame("files", f"{_shown(part.filename or '')} is {what}, which is not taken; {remedy}", _FILES_VALID)
            return
        part.most_bytes = part.source.most_bytes
        self._file = (part.source, "")

    def _open_attachment(self, part: _Part) -> None:
        path = part.filename or ""
        why = why_no_path(path) or ("was sent twice" if path in self._attached else None)
        if why is not None:
            self._blame(_ATTACHMENTS, f"holds a path that {why}: {_shown(path)}", _ATTACHMENTS_VALID)
            return
        self._attached[path] = ""  # empty ones are files, too
        part.most_bytes = max(1, MAX_BYTES - self._attached_bytes)  # 0 is one that was refused, and told

    def _take(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if not part.most_bytes:
            return
        if len(part.data) + end - start > part.most_bytes:
            if part.name == _ATTACHMENTS:
                problem = f"are more than {MAX_BYTES // 1_000_000} MB together, with {_shown(part.filename or '')}"
                self._blame(_ATTACHMENTS, problem, _ATTACHMENTS_VALID)
            else:
                self._blame(part.name, f"is longer than {part.most_bytes} bytes", f"at most {part.most_bytes} bytes")
            part.most_bytes = 0
            part.data.clear()
            return
        part.data += data[start:end]

    def _close(self) -> None:
        part = self._part
        if not part.most_bytes or not part.data:
            if part.source is not None and part.most_bytes:
                self._blame("files", f"{_shown(part.filename or '')} is empty", _FILES_VALID)
            return
        if part.source is not None:
            self._undecoded = part
            return
        if part.name == _ATTACHMENTS:
            self._attached_bytes += len(part.data)
            self._attached[part.filename or ""] = base64.b64encode(part.data).decode()
            return
        try:
            text = part.data.decode().replace("\r\n", "\n")
        except UnicodeDecodeError as exc:
            problem = f"is not UTF-8: byte 0x{part.data[exc.start]:02x} at position {exc.start}; convert it"
            self._blame(part.name, problem, "UTF-8")
        else:
            self._fields.setdefault(part.name, []).append(text)

    def _end(self) -> None:
        self._ended = True

    def _blame(self, field: str, problem: str, valid: str) -> None:
        self._problems.append({"field": _shown(field), "problem": problem, "valid": valid})


def _as_utf8(part: _Part) -> str | None:
    """The file as UTF-8; None where it is none, or its sender says that it is something else, or that might be."""
    if part.charset not in (None, "utf-8", "UTF-8", "utf8") or b"\x1b" in part.data or b"\0" in part.data:
        return None
    try:
        return part.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _decode_name(raw: bytes, default: str = "") -> str:
    try:
        name = raw.decode("utf-8") or default
    except UnicodeDecodeError as exc:
        raise MalformedBody("A part of the form has a name that is not UTF-8.") from exc
    if not name:
        raise MalformedBody('A part of the form has no name: it needs `Content-Disposition: form-data; name="…"`.')
    return name


def _shown(text: str) -> str:
    return text if len(text) <= _MAX_NAME_CHARACTERS else text[: _MAX_NAME_CHARACTERS - 1] + "…"
