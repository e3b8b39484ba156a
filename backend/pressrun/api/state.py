"""What the lifespan opened, as routes see it: typed, one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from pressrun.api.wire.refusals import Refusals
from pressrun.artifacts.ports import ArtifactStore
from pressrun.artifacts.thumbnails import Thumbnails
from pressrun.background import Background
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.setup.self_test import Seal
from pressrun.db.engine import Database
from pressrun.egress.broker import Egress
from pressrun.events.log import EventLog
from pressrun.fair_limiter import FairLimiter
from pressrun.pipeline.preview import Previews
from pressrun.run_logs import RunLogs
from pressrun.runs.catalog import RunCatalog
from pressrun.runs.files import RunFiles
from pressrun.runs.retention import Retention
from pressrun.runs.service import RunService
from pressrun.runs.webhooks import WebhookDeliverer
from pressrun.settings import Settings
from pressrun.spec import RunSpec
from pressrun.themes.catalog import Themes


@dataclass(frozen=True, slots=True)
class AppState:
    """Opened by `lifespan.open_all`, closed by it."""

    settings: Settings
    themes: Themes
    database: Database
    log: EventLog
    service: RunService
    catalog: RunCatalog
    takes_up: Callable[[], bool]  # whether interrupted runs are taken up again
    run_logs: RunLogs
    store: ArtifactStore
    files: RunFiles
    thumbnails: Thumbnails
    pool: BrowserPool
    seal: Seal
    captures: CaptureCache | None
    previews: Previews
    foresee: Callable[[RunSpec], Mapping[str, Any]]  # how long a run of it would take
    egress: Egress
    retention: Retention
    webhooks: WebhookDeliverer | None  # none without a secret
    refusals: Refusals
    background: Background
    reads: FairLimiter


def state_of(request: Request) -> AppState:
    """The application's state."""
    state: AppState = request.state.app
    return state
