"""`Pipeline`: the stages in order, with what they need. Knows neither HTTP nor tables.

Each stage is safe to repeat. Who runs them, remembers what is finished and ends the run is the engine's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from pressrun.ai.cache import AiCache
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.setup.self_test import Seal
from pressrun.egress.broker import Egress
from pressrun.errors import DiskFailed, DiskFull, NotFound
from pressrun.events.model import Complete
from pressrun.pipeline.compose import compose
from pressrun.pipeline.context import Composed, Exported, Published, Rendered, RunContext
from pressrun.pipeline.export import export
from pressrun.pipeline.publish import batch_folder_name, completed, publish
from pressrun.pipeline.render import render

if TYPE_CHECKING:
    from pressrun.ai.client import AiClient

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Shared by all runs; holds no state of any."""

    pool: BrowserPool
    seal: Seal
    store: LocalArtifactStore
    ai: AiClient | None
    ai_cache: AiCache | None
    captures: CaptureCache | None
    egress: Egress | None
    versions: Mapping[str, str]
    show_paths: bool

    async def compose(self, context: RunContext) -> Composed:
        """Stage 1. Raises: ComposeFailed, DocumentTooLarge, AiFailed, DiskFull."""
        if context.spec.html is not None and set(context.spec.outputs) != {"html"}:
            await self.pool.refuse_too_large(context.spec.html)  # else too large pictures were taken out of it first
        return await compose(context, self.ai, self.ai_cache, self.store, self.egress)

    async def render(self, context: RunContext) -> Rendered:
        """Stage 2; nothing to capture where no pictures were asked for. Raises: BrowserFailure, DiskFull."""
        if not {"images", "zip"} & set(context.spec.outputs):
            return Rendered(slides=[], truncated=False)
        await self.seal.check()
        return await render(context, self.pool, self.captures)

    async def export(self, context: RunContext, composed: Composed, rendered: Rendered) -> Exported:
        """Stage 3. Raises: BrowserFailure, DiskFull."""
        if "pdf" in context.spec.outputs:
            await self.seal.check()
        return await export(context, self.pool, composed, rendered)

    async def publish(
        self, context: RunContext, composed: Composed, rendered: Rendered, exported: Exported
    ) -> Published:
        """Stage 4, at most once visible. Raises: RunCancelled, AttemptSuperseded, DiskFull."""
        return await publish(context, self.store, self.versions, composed, rendered, exported)

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
        folder = str(self.store.batch_path(name).resolve()) if self.show_paths else name
        return completed(batch, folder, duration_s=duration_s)
