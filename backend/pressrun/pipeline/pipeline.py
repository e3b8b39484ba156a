"""`Pipeline`: what each stage calls, and what it needs. Knows neither HTTP nor tables; the order is that of stages.py.

Each stage is safe to repeat. Who runs them, remembers what is finished and ends the run is the engine's business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from pressrun.ai.cache import AiCache
from pressrun.artifacts.names import batch_folder_name
from pressrun.artifacts.ports import ArtifactStore
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.setup.self_test import Seal
from pressrun.egress.broker import Egress
from pressrun.errors import DiskFailed, DiskFull, NotFound
from pressrun.events.model import Complete
from pressrun.export_kinds import need
from pressrun.pipeline.compose import compose
from pressrun.pipeline.context import Composed, Exported, Published, Rendered, Results, RunContext, StageResult
from pressrun.pipeline.diagrams import DiagramMeans
from pressrun.pipeline.export import ExportMeans, export
from pressrun.pipeline.publish import completed, publish
from pressrun.pipeline.render import render
from pressrun.stages import LAST_STAGE, STAGES, Stage
from pressrun.themes.catalog import Themes

if TYPE_CHECKING:
    from pressrun.ai.client import AiClient

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StageDefinition:
    """`call` makes a `result` of what the stages before it left."""

    name: Stage
    result: type[StageResult]
    call: Callable[[RunContext, Results], Awaitable[StageResult]]

    @property
    def checkpointed(self) -> bool:
        """The last is not: a folder that is there says as much, and could not be taken back if a checkpoint failed."""
        return self.name != LAST_STAGE


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Shared by all runs; holds no state of any."""

    pool: BrowserPool
    seal: Seal
    store: ArtifactStore
    ai: AiClient | None
    ai_cache: AiCache | None
    captures: CaptureCache | None
    exports: ExportMeans
    egress: Egress | None
    themes: Themes
    versions: Mapping[str, str]
    show_paths: bool

    @property
    def stages(self) -> tuple[StageDefinition, ...]:
        """All of them, in the order of a run."""
        calls = (
            StageDefinition("compose", Composed, self.compose),
            StageDefinition("render", Rendered, self.render),
            StageDefinition("export", Exported, self.export),
            StageDefinition("publish", Published, self.publish),
        )
        by_name = {stage.name: stage for stage in calls}
        return tuple(by_name[name] for name in STAGES)

    async def compose(self, context: RunContext, _results: Results) -> Composed:
        """Raises: ComposeFailed, DocumentTooLarge, AiFailed, BrowserFailure, DiskFull."""
        if context.spec.html is not None and need(context.spec, "slides", "plan", "browser"):
            await self.pool.refuse_too_large(context.spec.html)  # else too large pictures were taken out of it first
        diagrams = DiagramMeans(self.pool, self.seal, self.captures)
        return await compose(context, self.ai, self.ai_cache, self.store, self.egress, self.themes, diagrams)

    async def render(self, context: RunContext, results: Results) -> Rendered:
        """Nothing to capture where no pictures were asked for.

        Raises: BrowserFailure, EmptyDocument, CoverageTooLow, DiskFull.
        """
        spec = context.spec
        pictures = need(spec, "slides")
        if not pictures and not need(spec, "plan"):
            return Rendered(slides=[], truncated=False)
        await self.seal.check()
        return await render(context, self.pool, results.of(Composed), self.captures, pictures=pictures)

    async def export(self, context: RunContext, results: Results) -> Exported:
        """Raises: BrowserFailure, DiskFull."""
        if need(context.spec, "browser"):
            await self.seal.check()
        return await export(context, self.pool, self.exports, results.of(Composed), results.of(Rendered))

    async def publish(self, context: RunContext, results: Results) -> Published:
        """At most once visible. Raises: RunCancelled, AttemptSuperseded, DiskFull."""
        made = (results.of(Composed), results.of(Rendered), results.of(Exported))
        return await publish(context, self.store, self.versions, *made)

    async def published(
        self, operation_id: str, attempt: int, created_at: datetime, *, duration_s: float
    ) -> Complete | None:
        """The terminal event of a run whose batch folder is there; None when it is not, and no attempt up to this
        latest one will still publish it.
        """
        name = batch_folder_name(created_at, operation_id)
        try:
            batch = await self.store.settle(operation_id, attempt, name)
        except (NotFound, DiskFull, DiskFailed, OSError, ValueError) as exc:
            _log.error("a batch folder cannot be read", folder=name, exc_info=exc)
            return None
        if batch is None:
            return None
        folder = self.store.location(name) if self.show_paths else name
        return completed(batch, folder, duration_s=duration_s)
