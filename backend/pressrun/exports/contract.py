"""What the module of an export has, and what it is given. A module is imported by the first who needs it.

`async def make(work: ExportWork) -> Content` is how it is made; one that makes several files returns `Files`, all that
its row lists. Where its row says `conditional`, `def missing() -> Missing | None` is what this machine lacks, and there
may be `def refuse(spec, settings) -> list[FieldProblem]`: what of the request cannot be done here. Both are quick, for
every request for the export asks them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias, cast

from pressrun.export_kinds import ExportKind, kinds_of
from pressrun.request_errors import FieldErrors, FieldProblem
from pressrun.settings import Settings
from pressrun.slide_shapes import SlideShapes
from pressrun.slide_texts import SlideTexts
from pressrun.spec import PdfLayout, RunSpec

# Pieces are taken in a thread. A path is of a finished file within `ExportWork.scratch`, which is moved from there. The
# caller names the file.
Content: TypeAlias = bytes | Iterable[bytes] | Path
Files: TypeAlias = Mapping[str, Content]  # by the endings of its row


class Missing(NamedTuple):
    """What is not there (`ffmpeg is not found`), and how it gets there (`Debian: sudo apt-get install ffmpeg`)."""

    what: str
    remedy: str


class Page(Protocol):
    """A page of a browser that shows the document."""

    async def pdf(self, layout: PdfLayout) -> bytes:
        """A page for each slide of the run, or the document in pages. Raises: BrowserFailure."""
        ...

    async def shapes(self) -> SlideShapes:
        """What the run's slides show, as shapes; before any picture. Raises: BrowserFailure."""
        ...

    async def isolate(self, *, ground: bool) -> None:
        """From here on pictures show the pieces of `shapes` alone, on nothing, or the ground alone.

        Raises: BrowserFailure.
        """
        ...

    async def picture(self, number: int) -> bytes:
        """A PNG of a slide, from 0. Raises: BrowserFailure."""
        ...


@dataclass(frozen=True, slots=True)
class ExportWork:
    """One export of one run. `slides` and `files` are (name in the batch folder, path); `files` are document, slides
    and the exports that were made before this one. `progress` takes a share of 0 to 1 of this export, and words;
    `warn` a code and a sentence, said once whatever is tried again. `read_texts` is what the slides say, if there are
    any. `open_page` shows what the slides are cut from, or the document as one flow; `print_pages` prints HTML of the
    export's own on pages of a slide's size. `tell_editability` takes the share
    of the words that can be edited in its own file. `scratch` is a folder of this export alone, which may not be there
    yet: what it leaves there is there for the next attempt, and is never published. `cache` is a folder that all runs
    share; it may go at any time.
    """

    spec: RunSpec
    title: str
    created_at: datetime
    slides: Sequence[tuple[str, Path]]
    files: Sequence[tuple[str, Path]]
    read_document: Callable[[], Awaitable[str]]
    read_texts: Callable[[], Awaitable[SlideTexts | None]]
    open_page: Callable[[PdfLayout], AbstractAsyncContextManager[Page]]
    print_pages: Callable[[str], Awaitable[bytes]]
    progress: Callable[[float, str], Awaitable[None]]
    warn: Callable[[str, str], Awaitable[None]]
    tell_editability: Callable[[float], None]
    scratch: Path
    cache: Path
    settings: Settings


Maker: TypeAlias = Callable[[ExportWork], Awaitable[Content | Files]]


def maker_of(kind: ExportKind) -> Maker:
    """The `make` of its module. Only for a kind that has one."""
    return cast(Maker, _module_of(kind).make)


def missing_for(kind: ExportKind) -> Missing | None:
    """What this machine lacks to make it."""
    return cast(Missing | None, _module_of(kind).missing()) if kind.conditional else None


def require_possible(spec: RunSpec, settings: Settings) -> None:
    """Raises: FieldErrors for what cannot be made on this machine, before anything was spent on it."""
    problems: list[FieldProblem] = []
    for kind in kinds_of(spec.outputs):
        missing = missing_for(kind)
        if missing is not None:
            problem = f"`{kind.name}` cannot be made on this server: {missing.what}"
            problems.append({"field": "outputs", "problem": problem, "valid": f"leave it out; or: {missing.remedy}"})
        elif kind.conditional:
            refuse = getattr(_module_of(kind), "refuse", None)
            problems += [] if refuse is None else refuse(spec, settings)
    if problems:
        raise FieldErrors(problems)


def _module_of(kind: ExportKind) -> Any:
    return import_module(kind.module or "")
