"""Diagrams of Mermaid, drawn in sealed pages of their own. Owns how long one may take, and who is to blame for what.

The page shows nothing but a style sheet, from which a diagram takes its fonts and colours. The library runs in our own
world of that page, where the seal is what it is for every document; what it draws is cleaned by the caller.
"""

from __future__ import annotations

import importlib.resources
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import anyio

from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import PageScriptFailed
from pressrun.browser.slides.worklist import MAX_RETRIES
from pressrun.errors import BrowserCrashed, DocumentTooLarge, RenderTimeout

MAX_CHARACTERS: Final = 20_000  # of a diagram; arbitrary: what is longer nobody can read on a slide
_MAX_ELEMENTS: Final = 5_000  # that a diagram draws: one of 300 boxes has about 3 000
_DIAGRAM_S: Final = 8.0  # the slowest of Mermaid's own examples took 0.4 s on one core
_ALL_S: Final = 24.0  # of one document together
_LIBRARY: Final = "built/mermaid"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram as an SVG, not cleaned yet; sizes in CSS px. `title` is what its author says of it, if anything."""

    svg: str
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class NotDrawn:
    """Why a diagram is not drawn, for a person; `line` of its source, from 1, if that is known. `lasting`: who draws
    it anew comes to the same end.
    """

    why: str
    line: int | None = None
    lasting: bool = True


def is_there() -> bool:
    """Whether the library is; a checkout whose front end was never built has none."""
    return importlib.resources.files(f"{__package__}.chromium").joinpath("in_page", f"{_LIBRARY}.js").is_file()


async def draw_diagrams(pool: BrowserPool, page: str, sources: Sequence[str], prefix: str) -> list[Drawing | NotDrawn]:
    """What became of each, in order. `page`: an empty document with the style that they are drawn in; `prefix`: what
    the names of their parts begin with.

    Raises:
        BrowserFailure: no browser could be had.
    """
    work = _Work(pool, page, prefix)
    crashes = 0
    while len(work.done) < len(sources):
        try:
            async with work.open_page() as lease:
                while len(work.done) < len(sources):
                    work.done.append(await work.draw(lease, sources[len(work.done)]))
        except _PageGone:
            continue
        except BrowserCrashed:
            crashes += 1
            if crashes > MAX_RETRIES:
                raise
            _log.warning("a browser died while it drew diagrams; another one does")
    return work.done


class _PageGone(Exception):
    """The page ended with the last diagram; the next has another."""


class _Work:
    """The diagrams of one document."""

    def __init__(self, pool: BrowserPool, page: str, prefix: str) -> None:
        self.done: list[Drawing | NotDrawn] = []
        self._pool = pool
        self._page = page
        self._prefix = prefix
        self._left_s = _ALL_S

    @asynccontextmanager
    async def open_page(self) -> AsyncIterator[Lease]:
        """With the library in it."""
        async with self._pool.lease(viewport_width=1280, viewport_height=720, zoom=1) as lease:
            await lease.load(self._page, opened=False)
            await lease.ask(_LIBRARY, {})
            yield lease

    async def draw(self, lease: Lease, source: str) -> Drawing | NotDrawn:
        """Raises: _PageGone, with what became of it noted; BrowserCrashed, of something else than the diagram."""
        if len(source) > MAX_CHARACTERS:
            return NotDrawn(f"it is longer than {MAX_CHARACTERS} characters; part it")
        if self._left_s <= 0:
            return NotDrawn(f"all diagrams of a text together may take {_ALL_S:g} s; part them", lasting=False)
        limit_s = min(_DIAGRAM_S, self._left_s)
        began = anyio.current_time()
        try:
            with anyio.fail_after(limit_s):
                answer = await lease.ask(
                    "draw_diagram", {"source": source, "maxElements": _MAX_ELEMENTS, "prefix": self._prefix}
                )
        except TimeoutError:
            gone = NotDrawn(f"to draw it takes longer than {_DIAGRAM_S:g} s; part it", lasting=False)
        except (BrowserCrashed, DocumentTooLarge, RenderTimeout) as exc:
            if isinstance(exc, BrowserCrashed) and not lease.crashed_alone:
                raise
            gone = NotDrawn(f"a browser gave up while it drew it ({exc.code}); part it", lasting=False)
        except PageScriptFailed:
            _log.exception("a diagram cannot be drawn")
            return NotDrawn("it could not be drawn", lasting=False)
        else:
            return _drawn_of(answer)
        finally:
            self._left_s -= anyio.current_time() - began
        self.done.append(gone)
        raise _PageGone


def _drawn_of(answer: dict[str, Any]) -> Drawing | NotDrawn:
    if "error" in answer:
        line = answer["line"]
        return NotDrawn(
            f"Mermaid does not understand it ({_short(answer['error'])})", None if line is None else int(line)
        )
    return Drawing(str(answer["svg"]), float(answer["width"]), float(answer["height"]), str(answer["title"]))


def _short(words: str) -> str:
    line = " ".join(words.split()).rstrip(".:")
    return line if len(line) <= 80 else line[:79] + "…"  # noqa: PLR2004  (arbitrary: a part of a sentence)
