"""Diagrams of a run's document, drawn before it is written: by a page of the pool, or taken from the capture cache.

Whatever cannot be drawn is shown as it was typed, and told with its line; a diagram never fails a run that could do
without a browser.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio
import structlog

from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.diagrams import Drawing, NotDrawn, draw_diagrams, is_there
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import PageScriptFailed
from pressrun.browser.setup.self_test import Seal
from pressrun.errors import BrowserFailure, SourceTooComplex
from pressrun.export_kinds import need
from pressrun.pipeline.context import RunContext
from pressrun.sources.diagrams import MAX_DIAGRAMS, PREFIX, Diagram, diagrams_of, figures_of, page_for, with_figures
from pressrun.sources.document import Document, DocumentWarning, is_ours
from pressrun.sources.parser_pool import parse
from pressrun.spec import RunSpec

_CLEAN_LIMIT_S = 20.0  # 50 drawings of a megabyte take about three
_CLEAN_EACH_LIMIT_S = 60.0  # for all of them, when each must go alone
_MAX_TOLD = 10  # diagrams that are named one by one
_NOT_BUILT = "this installation cannot draw any: its front end was not built (`npm run build` in frontend/)"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DiagramMeans:
    """What draws. Shared by all runs."""

    pool: BrowserPool
    seal: Seal
    cache: CaptureCache | None

    async def settle(self, context: RunContext, document: Document) -> Document:
        """The document with its diagrams as pictures. Raises: BrowserFailure, where the run wants a browser anyway."""
        diagrams = diagrams_of(document.html) if is_ours(document.html) else []
        if not diagrams:
            return document
        await context.progress("compose", 0.5, "Drawing the diagrams")
        made = await self._made(context.spec, document.html, diagrams)
        drawings = [None if isinstance(one, NotDrawn) else one for one in made]
        html = with_figures(document.html, figures_of(diagrams, drawings))
        return replace(document, html=html, warnings=(*document.warnings, *_warnings(diagrams, made)))

    async def _made(
        self, spec: RunSpec, html: str, diagrams: Sequence[Diagram]
    ) -> list[dict[str, Any] | NotDrawn]:  # fmt: skip
        page = page_for(html)
        renderer = await self.cache.renderer() if self.cache is not None and spec.use_cache else None
        keys = [_key(page, renderer or "", diagram) for diagram in diagrams]
        known: dict[str, dict[str, Any] | NotDrawn] = {}
        if renderer is not None:
            known = await self._kept(keys[:MAX_DIAGRAMS])
        wanted = {key: diagram for key, diagram in zip(keys[:MAX_DIAGRAMS], diagrams, strict=False) if key not in known}
        if wanted:
            try:
                drawn = await self._draw(page, list(wanted.values()))
            except BrowserFailure as exc:
                if need(spec, "slides", "plan", "browser"):
                    raise
                drawn = [NotDrawn(f"no browser could draw it ({exc.code})", lasting=False)] * len(wanted)
            known |= zip(wanted, drawn, strict=True)
            if renderer is not None:
                await self._keep(dict(zip(wanted, drawn, strict=True)))
        more = NotDrawn(f"a text has no more than {MAX_DIAGRAMS} diagrams")
        return [known.get(key, more) for key in keys]

    async def _draw(self, page: str, diagrams: Sequence[Diagram]) -> list[dict[str, Any] | NotDrawn]:
        if not is_there():
            return [NotDrawn(_NOT_BUILT, lasting=False)] * len(diagrams)
        await self.seal.check()
        try:
            drawn = await draw_diagrams(self.pool, page, [diagram.source for diagram in diagrams], PREFIX)
        except PageScriptFailed:
            _log.exception("diagrams cannot be drawn")
            return [NotDrawn("it could not be drawn", lasting=False)] * len(diagrams)
        cleaned = iter(await _cleaned([one for one in drawn if isinstance(one, Drawing)]))
        return [one if isinstance(one, NotDrawn) else next(cleaned) for one in drawn]

    async def _kept(self, keys: Sequence[str]) -> dict[str, dict[str, Any] | NotDrawn]:
        assert self.cache is not None  # noqa: S101  (the caller has asked it who draws)
        found: dict[str, dict[str, Any] | NotDrawn] = {}
        for key in dict.fromkeys(keys):
            note = await self.cache.read_note(key)
            if note is None:
                continue
            found[key] = NotDrawn(note["why"], note["line"]) if "why" in note else note
        return found

    async def _keep(self, made: dict[str, dict[str, Any] | NotDrawn]) -> None:
        assert self.cache is not None  # noqa: S101
        for key, one in made.items():
            if isinstance(one, NotDrawn):
                if one.lasting:
                    await self.cache.keep_note(key, {"why": one.why, "line": one.line})
            else:
                await self.cache.keep_note(key, one)


async def _cleaned(drawings: Sequence[Drawing]) -> list[dict[str, Any] | NotDrawn]:
    """All in one process; if that is too much, each in its own: one that is too much takes no other with it, nor a run.

    A process takes about half a second to begin, and 40 drawings a tenth to be looked through.
    """
    if not drawings:
        return []
    try:
        return await _looked_through(drawings, _CLEAN_LIMIT_S)
    except SourceTooComplex:
        pass
    until = anyio.current_time() + _CLEAN_EACH_LIMIT_S
    made: list[dict[str, Any] | NotDrawn] = []
    for drawing in drawings:
        left_s = max(0.001, until - anyio.current_time())
        try:
            made += await _looked_through([drawing], min(left_s, _CLEAN_LIMIT_S))
        except SourceTooComplex:
            made.append(NotDrawn("what is drawn is too much to be looked through", lasting=False))
    return made


async def _looked_through(drawings: Sequence[Drawing], timeout_s: float) -> list[dict[str, Any] | NotDrawn]:
    answer = await parse("drawings", svgs=[drawing.svg for drawing in drawings], timeout_s=timeout_s)
    return [
        {"svg": svg, "width": drawing.width, "height": drawing.height, "title": drawing.title}
        if svg is not None
        else NotDrawn(why)
        for drawing, (svg, why) in zip(drawings, answer["drawings"], strict=True)
    ]


def _key(page: str, renderer: str, diagram: Diagram) -> str:
    return hashlib.sha256(json.dumps(["diagram", renderer, page, diagram.source]).encode()).hexdigest()


def _warnings(diagrams: Sequence[Diagram], made: Sequence[dict[str, Any] | NotDrawn]) -> list[DocumentWarning]:
    """One for each that is not drawn, ten at most, then one with the number of the others."""
    told = [_sentence(diagram, one) for diagram, one in zip(diagrams, made, strict=True) if isinstance(one, NotDrawn)]
    more = len(told) - _MAX_TOLD
    rest = [f"{more} more diagrams are shown as they were typed."] if more > 0 else []
    return [DocumentWarning("diagram_as_typed", message) for message in (*told[:_MAX_TOLD], *rest)]


def _sentence(diagram: Diagram, one: NotDrawn) -> str:
    if diagram.line is None:
        return f"A diagram is shown as it was typed: {one.why}."
    line = diagram.line + (one.line or 0)
    return f"Line {line}: a diagram is shown as it was typed: {one.why}."
