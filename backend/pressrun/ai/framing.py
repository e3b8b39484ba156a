"""The bytes of an answer -> the JSON values in it, however an endpoint frames them. Pure but for `read_payloads`.

Server-Sent Events are what was asked for. Endpoints and the proxies before them also send: events that end with one
line end; one JSON object a line; one JSON document; any of them under another media type, or compressed. What it is
shows in its first character. Line ends are CR, LF and CR LF, never what else Unicode takes for one.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from pressrun.errors import AiFailed

if TYPE_CHECKING:
    import httpx

_EVENT_MAX_BYTES = 1024 * 1024  # arbitrary: a chunk is a few hundred bytes, and one line of it must fit in memory
_INFLATED_BYTES = 64 * 1024  # arbitrary: at a time, so that a small answer cannot become a large one in memory
_GZIP_OR_ZLIB = 47  # zlib's word for "whichever its header says"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_NO_JSON = object()

DONE = object()
"""The value of `[DONE]`: the endpoint says that nothing follows."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One value; `event` is the type of the event that it came in, empty where there was none."""

    value: Any
    event: str = ""


class Framer:
    """Fed with bytes as they come, gives what is whole. One answer's.

    Raises: AiFailed for what is no JSON where JSON must be.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._after_cr = False
        self._read: Callable[[str], Iterator[Payload]] = self._read_first
        self._data: list[str] = []
        self._event = ""
        self._document: list[str] = []

    def feed(self, part: bytes) -> Iterator[Payload]:
        """The values that `part` completes."""
        if self._after_cr and part.startswith(b"\n"):
            part = part[1:]
            self._after_cr = False
        if not part:
            return
        self._after_cr = part.endswith(b"\r")
        *ended, rest = _LINE_END.split(part)
        for line in ended:
            yield from self._take_line(line)
        if rest:
            self._rest.append(rest)

    def finish(self) -> Iterator[Payload]:
        """What was whole but for its last line end."""
        yield from self._take_line(b"")
        if self._document:
            value = _parse("\n".join(self._document))
            if value is _NO_JSON:
                _refuse()
            yield from (Payload(each) for each in (value if isinstance(value, list) else [value]))
        if self._data and _parse("\n".join(self._data)) is not _NO_JSON:  # else it was cut
            yield from self._dispatch()

    def _take_line(self, end: bytes) -> Iterator[Payload]:
        line = b"".join((*self._rest, end)).decode("utf-8", "replace")
        self._rest.clear()
        yield from self._read(line)

    def _read_first(self, line: str) -> Iterator[Payload]:
        """Settles by the first line that says something what this is."""
        line = line.lstrip("\ufeff")
        begin = line.lstrip()[:1]
        if not begin:
            return
        if begin == "<":
            raise AiFailed(
                "The AI endpoint answers with a web page; check PRESSRUN_AI_BASE_URL, it often has to end in /v1."
            )
        if begin not in "{[":
            self._read = self._read_event_line
        elif _parse(line) is _NO_JSON:
            self._read = self._read_document_line
        else:
            self._read = self._read_json_line
        yield from self._read(line)

    def _read_json_line(self, line: str) -> Iterator[Payload]:
        value = _parse(line) if line.strip() else None
        if value is _NO_JSON:
            _refuse()
        if value is not None:
            yield from (Payload(each) for each in (value if isinstance(value, list) else [value]))

    def _read_document_line(self, line: str) -> Iterator[Payload]:
        self._document.append(line)
        return iter(())

    def _read_event_line(self, line: str) -> Iterator[Payload]:
        """https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation"""
        if not line:
            yield from self._dispatch()
            return
        if line.startswith("{"):  # an error that a proxy puts among the events as it is
            value = _parse(line)
            if value is not _NO_JSON:
                yield Payload(value)
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            # of one line: no event ends in the middle of one, so what is whole was an event of its own
            if len(self._data) == 1 and _parse(self._data[0]) is not _NO_JSON:
                yield from self._dispatch()
            self._data.append(value)

    def _dispatch(self) -> Iterator[Payload]:
        data, event = "\n".join(self._data), self._event
        self._data, self._event = [], ""
        if not data.strip():
            return
        value = _parse(data)
        if value is _NO_JSON:
            if event != "error":
                _refuse()
            value = {"error": data}
        yield Payload(value, event)


async def read_payloads(response: httpx.Response) -> AsyncGenerator[Payload, None]:
    """The values of an answer as they come. Raises: AiFailed, and what httpx raises of a connection."""
    framer, since_value = Framer(), 0
    inflate = _inflater(response.headers.get("content-encoding", ""))
    async for part in response.aiter_raw():
        for piece in inflate(part):
            since_value += len(piece)
            for payload in framer.feed(piece):
                since_value = 0
                yield payload
            if since_value > _EVENT_MAX_BYTES:
                raise AiFailed("The AI endpoint sends without end and without an event; check PRESSRUN_AI_BASE_URL.")
    for payload in framer.finish():
        yield payload


def is_readable(encoding: str) -> bool:
    """Whether an answer of that Content-Encoding can be read."""
    return encoding.strip().lower() in {"", "identity", "gzip", "x-gzip", "deflate"}


def _inflater(encoding: str) -> Callable[[bytes], Iterator[bytes]]:
    if encoding.strip().lower() in {"", "identity"}:
        return lambda part: iter((part,))
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)

    def inflate(part: bytes) -> Iterator[bytes]:
        while part and not decoder.eof:
            try:
                yield decoder.decompress(part, _INFLATED_BYTES)
            except zlib.error as exc:
                raise AiFailed(
                    "The AI endpoint says that its answer is compressed, and it is not; check PRESSRUN_AI_BASE_URL."
                ) from exc
            part = decoder.unconsumed_tail

    return inflate


def _parse(text: str) -> Any:
    """The value, or `_NO_JSON`; Python's parser, for it alone lets a half of a surrogate pair through."""
    if text.strip() == "[DONE]":
        return DONE
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NO_JSON


def _refuse() -> NoReturn:
    raise AiFailed(NO_COMPLETION)


NO_COMPLETION = (
    "The AI endpoint sent something that is no chat completion; check that PRESSRUN_AI_BASE_URL names an "
    "OpenAI-compatible endpoint."
)
