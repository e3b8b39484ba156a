"""Pictures, style sheets and fonts that a document names: on the web, fetched by the server, or attached to its
source; put into the document.

The browser stays sealed: what it shows was fetched before, by the egress broker and its rules. Nothing here fails a
run; what did not come is a warning that names it. Everything is bounded: how many, how large each and all, how long.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from types import MappingProxyType
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import anyio

from pressrun.attachments import BASE, path_of
from pressrun.egress.broker import Egress, Fetched
from pressrun.errors import EgressBlocked, FetchFailed, SourceTooComplex
from pressrun.groups import open_task_group
from pressrun.sources.document import DocumentWarning
from pressrun.sources.parser_pool import parse
from pressrun.sources.pictures import MAX_NAMED
from pressrun.sources.references import Reference

PICTURE_MAX_BYTES: Final = 20 * 1024 * 1024  # SAFETY: each
STYLE_MAX_BYTES: Final = 5 * 1024 * 1024  # as the largest HTML that is taken; decoded it is at most three times as long
TOTAL_MAX_BYTES: Final = 48 * 1024 * 1024  # arbitrary: all that is put into one document, as often as it is put there
MAX_FETCHES: Final = 100  # arbitrary: different addresses of one document
LIMIT_S: Final = 30.0  # arbitrary: all together; each has the broker's 10 s
_AT_ONCE: Final = 6  # what a browser allows one host
_MAX_DEPTH: Final = 3  # style sheets that import style sheets
_NONE: Final[Mapping[str, bytes]] = MappingProxyType({})
_FIND_LIMIT_S: Final = 5.0  # as for the scan of the HTML
_ACCEPT: Final = {"picture": "image/*", "style": "text/css,*/*;q=0.1", "any": "image/*,font/*,*/*;q=0.1"}
_FONTS: Final = {
    b"wOF2": "font/woff2",
    b"wOFF": "font/woff",
    b"OTTO": "font/otf",
    b"\0\1\0\0": "font/ttf",
    b"true": "font/ttf",
    b"ttcf": "font/collection",
}
_CSS: Final = "text/css;charset=utf-8"
_NOTHING: Final = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="  # one clear pixel


class Box(Protocol):
    """What stands in a document where a picture did not come."""

    def __call__(self, alt: str, why: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """A document that needs nothing from the web. `fetched`: every address that was tried, whatever came."""

    html: str
    fetched: tuple[str, ...] = ()
    warnings: tuple[DocumentWarning, ...] = ()


async def embed_remote(
    html: str, egress: Egress | None, *, attached: Mapping[str, bytes] = _NONE, box: Box | None = None
) -> Embedded:
    """`html` with the bytes of what it names on the web, or has `attached`, instead of the addresses, and without
    pictures that unfold.

    `egress` None: nothing is fetched. `box` replaces the element of a picture that did not come; without it the address
    stays, and the browser shows what it shows then. Raises: SourceTooComplex, ComposeFailed.
    """
    if (egress is None or "//" not in html) and not attached and "data:image/" not in html.lower():
        return Embedded(html)
    found = await parse("references", html=html, base=BASE if attached else "", timeout_s=_FIND_LIMIT_S)
    fetching = _Fetching(egress, attached)
    references = [each for each in _references(found) if fetching.may_come(each)]
    await fetching.get_all(references)
    edits = [(start, end, _NOTHING) for start, end, _ in found["refused"]]
    edits += fetching.edits(references, box)
    refused = [DocumentWarning("picture_refused", why) for _, _, why in found["refused"][:MAX_NAMED]]
    written = {html[each.start : each.end] for each in references}
    tried = written | {unescape(each) for each in written} | {each.url for each in references}
    return Embedded(_splice(html, edits), tuple(tried), (*refused, *fetching.warnings()))


def _references(found: Mapping[str, Any]) -> list[Reference]:
    return [
        Reference(start, end, url, kind, tuple(tag), alt) for start, end, url, kind, tag, alt in found["references"]
    ]


def _splice(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """`text` with each start..end replaced. Of edits that overlap the first counts."""
    parts, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        if start >= at:
            parts += [text[at:start], new]
            at = end
    return "".join(parts) + text[at:]


@dataclass(slots=True)
class _Fetching:
    """What one document fetches: each address once."""

    egress: Egress | None
    attached: Mapping[str, bytes]
    uris: dict[str, str] = field(default_factory=dict)  # what came, as data: URI
    failures: dict[str, str] = field(default_factory=dict)  # what did not, and why
    reduced: dict[tuple[str, str], None] = field(default_factory=dict)  # what came without a part of it
    room: int = TOTAL_MAX_BYTES  # for what is written into the document
    held: int = 0  # bytes of `uris`
    _asked: set[str] = field(default_factory=set)
    _from_web: int = 0
    _share: object = field(default_factory=object)  # of what all documents share: the broker, the parsers
    _slots: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_AT_ONCE))

    def may_come(self, reference: Reference) -> bool:
        """Whether there is any place that it could come from."""
        path = path_of(reference.url)
        return self.egress is not None if path is None else path in self.attached

    async def get_all(self, references: Sequence[Reference], depth: int = 0) -> None:
        """Returns when each has come or failed."""
        new = {each.url: each for each in references if each.url not in self._asked}
        web = [url for url in new if path_of(url) is None]
        for url in web[max(0, MAX_FETCHES - self._from_web) :]:
            self.failures[url] = f"a document may name {MAX_FETCHES} things on the web"
        self._from_web += len(web)
        self._asked |= set(new)
        with anyio.move_on_after(LIMIT_S):
            async with open_task_group() as tasks:
                for url, reference in new.items():
                    if url not in self.failures:
                        tasks.start_soon(self._get, reference, depth)
        for url in new:
            if url not in self.uris:
                self.failures.setdefault(url, f"it did not come within {LIMIT_S:g} s")

    def edits(self, references: Sequence[Reference], box: Box | None) -> list[tuple[int, int, str]]:
        """What to write where, as long as there is room."""
        made = []
        for each in references:
            uri = self.uris.get(each.url)
            if uri is not None and len(uri) > self.room:
                self.failures.setdefault(each.url, _no_room())
                uri = None
            if uri is not None:
                self.room -= len(uri)
                made.append((each.start, each.end, uri))
            elif box is not None:
                made.append((*each.tag, box(each.alt, path_of(each.url) or each.url)))
        return made

    def warnings(self) -> list[DocumentWarning]:
        """One for each that did not come, ten at most, then one with the number of the others."""
        named = [
            DocumentWarning("blocked_request", f"Not loaded: {_short(url)}: {why}")
            for url, why in self.failures.items()
        ]
        more = len(named) - MAX_NAMED
        rest = [DocumentWarning("blocked_request", f"{more} more things on the web are not loaded")] if more > 0 else []
        reduced = [DocumentWarning(code, message) for code, message in self.reduced]
        return named[:MAX_NAMED] + rest + reduced[:MAX_NAMED]

    async def _get(self, reference: Reference, depth: int) -> None:
        try:
            async with self._slots:
                came = await self._bytes(reference)
            self.uris[reference.url] = uri = await self._uri(came, reference, depth)
            self.held += len(uri)
        except _Refused as exc:
            self.failures[reference.url] = str(exc)
        except SourceTooComplex:
            self.failures[reference.url] = "it is too complex to be examined"
        except (EgressBlocked, FetchFailed) as exc:
            self.failures[reference.url] = str(exc)

    async def _bytes(self, reference: Reference) -> Fetched:
        path = path_of(reference.url)
        most = STYLE_MAX_BYTES if reference.kind == "style" else PICTURE_MAX_BYTES
        if path is None:
            if self.egress is None:
                raise _Refused("a document reaches nothing outside itself")
            return await self.egress.fetch(
                reference.url, accept=_ACCEPT[reference.kind], max_bytes=most, share=self._share
            )
        if path not in self.attached:
            raise _Refused("it was not sent with the source")
        if len(self.attached[path]) > most:
            raise _Refused(f"it is larger than {most // 1024**2} MB")
        return Fetched(reference.url, "", None, self.attached[path])

    async def _uri(self, came: Fetched, reference: Reference, depth: int) -> str:
        if self.held > TOTAL_MAX_BYTES:
            raise _Refused(_no_room())
        if reference.kind == "style":
            return await self._style(came, depth)
        font = _FONTS.get(came.body[:4])
        if reference.kind == "any" and font is not None:
            return _data_uri(font, came.body)
        judged = await parse("picture", blob=came.body, timeout_s=_FIND_LIMIT_S, share=self._share)
        if "refused" in judged:
            raise _Refused(judged["refused"])
        self.reduced |= dict.fromkeys(tuple(each) for each in judged.get("warnings", ()))
        return f"data:{judged['media_type']};base64,{judged['blob'].decode('ascii')}"

    async def _style(self, came: Fetched, depth: int) -> str:
        if depth >= _MAX_DEPTH:
            raise _Refused("style sheets import each other too deeply")
        if came.media_type not in ("text/css", ""):
            raise _Refused("it is no style sheet")
        # there, and not here: who sends it chooses how it is to be decoded, and how much of it
        found = await parse(
            "css", blob=came.body, charset=came.charset, base=came.url, timeout_s=_FIND_LIMIT_S, share=self._share
        )
        blob, references = found.get("blob", b""), _references(found)
        if not references and not found["refused"]:
            return f"data:{_CSS};base64,{blob.decode('ascii')}"
        await self.get_all(references, depth + 1)
        refused = [(start, end, _NOTHING) for start, end, _ in found["refused"]]
        return _data_uri(_CSS, _splice(blob.decode(), [*refused, *self.edits(references, None)]).encode())


class _Refused(Exception):
    """What came is not put into the document; the message says why."""


def _no_room() -> str:
    return f"what a document loads from the web may be {TOTAL_MAX_BYTES // 1024**2} MB together"


def _data_uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _short(url: str) -> str:
    """The path of what was attached. Else it names the host, and as much of the rest as fits on a line; never what may
    be a secret in the query.
    """
    path = path_of(url)
    if path is not None:
        return path[:200]
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:200]
