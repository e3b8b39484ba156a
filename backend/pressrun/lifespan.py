"""`open_all`: builds everything long-lived, in the order of the dependencies; only the lifespan of `app.py` calls it.

Opened in this order, closed in the reverse:
    data folder lock > database > artifact store > egress > AI client > browser pool > wake-ups > notifier > engine
    > reconciler > run service > retention, webhooks > peers
Shutdown: uvicorn stops accepting and tells the streams (readers resume by their cursor) > stop admitting > the runs'
grace > unfinished runs handed back > DBOS > browser pool drained > database closed > lock released.
With Postgres (PRESSRUN_DATABASE_URL) several processes may use one data folder: nobody locks it, but there are wake-ups
and peers. The heartbeat that comes with the wake-ups is given up last, when the engine has let go of its runs.
When one of the task groups breaks (no background task does that: background.py), the same in the same order, without
grace: runs handed back at once > streams told > the rest; the process exits with 1 within 5 s.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import structlog

from pressrun import __version__
from pressrun.ai.cache import AiCache
from pressrun.api.endpoints.reads import open_reads
from pressrun.api.state import AppState
from pressrun.api.wire.refusals import Refusals
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.artifacts.thumbnails import Thumbnails
from pressrun.background import Background
from pressrun.background_tasks import ESTIMATES, RETENTION, WARM_BROWSER, WARM_PARSER, WEBHOOKS
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.cache.renderer import Renderer
from pressrun.browser.pool.pool import BrowserPool, BrowserPoolConfig, open_browser_pool
from pressrun.browser.setup.self_test import Seal
from pressrun.clock import Clock, SystemClock
from pressrun.data_folder import DATABASE_NAME, ENGINE_DATABASE_NAME, lock_data_folder, open_data_folder
from pressrun.db.ballast import Ballast
from pressrun.db.engine import Database, open_database
from pressrun.db.notifier import Notifier, open_notifier
from pressrun.db.ticks import read_clock
from pressrun.db.wakeups import Wakeups, open_wakeups
from pressrun.egress.broker import Egress, open_egress
from pressrun.egress.policy import EgressPolicy
from pressrun.engine.engine import Engine
from pressrun.engine.launch import open_engine
from pressrun.errors import StartupError
from pressrun.events.log import EventLog
from pressrun.later import import_later
from pressrun.pipeline.export import ExportMeans
from pressrun.pipeline.pipeline import Pipeline
from pressrun.pipeline.preview import Previews
from pressrun.run_logs import RunLogs, open_run_logs
from pressrun.runs import store_id
from pressrun.runs.activity import Activity
from pressrun.runs.catalog import RunCatalog
from pressrun.runs.estimates import RunEstimates
from pressrun.runs.files import RunFiles
from pressrun.runs.guard import RunGuard
from pressrun.runs.hints import LaneHints
from pressrun.runs.journal import RunJournal
from pressrun.runs.lifecycle import RunLifecycle
from pressrun.runs.peers import open_peers
from pressrun.runs.reconciler import RunReconciler, open_reconciler
from pressrun.runs.removal import RunRemover
from pressrun.runs.retention import Retention
from pressrun.runs.service import RunService, open_run_service
from pressrun.runs.webhooks import WebhookDeliverer
from pressrun.settings import Settings
from pressrun.sources.parser_pool import cool_down, warm_up
from pressrun.telemetry import SecretMask
from pressrun.themes.catalog import read_themes

if TYPE_CHECKING:
    from pressrun.ai import client as ai_client
else:
    ai_client = import_later("pressrun.ai.client")  # 60 of the 900 ms that a start takes

_AI_CACHE_MAX_BYTES = 256 * 1024 * 1024  # arbitrary: some ten thousand answers
_THUMBNAILS_MAX_BYTES = 128 * 1024 * 1024  # arbitrary (32 MB..1 GB): some ten thousand

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Data:
    """What everything else stands on."""

    folder: Path
    url: str | None  # of the database; None: SQLite
    direct_url: str | None  # of what needs a session of its own in it
    database: Database
    clock: Clock
    run_logs: RunLogs
    store: LocalArtifactStore


@dataclass(frozen=True, slots=True)
class _Makers:
    """What runs are made with."""

    egress: Egress
    pool: BrowserPool
    seal: Seal
    captures: CaptureCache | None
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class _Signals:
    """How this process, which is `owner`, hears of others and they of it."""

    owner: str
    wakeups: Wakeups | None
    notifier: Notifier | None
    activity: Activity
    log: EventLog


@dataclass(frozen=True, slots=True)
class _Records:
    """What happens to runs, and who writes it down."""

    hints: LaneHints
    estimates: RunEstimates
    webhooks: WebhookDeliverer | None
    journal: RunJournal
    lifecycle: RunLifecycle


@dataclass(frozen=True, slots=True)
class _Runs:
    """What people ask for, and the engine that does it."""

    engine: Engine
    catalog: RunCatalog
    service: RunService
    retention: Retention
    estimates: RunEstimates
    webhooks: WebhookDeliverer | None


@asynccontextmanager
async def open_all(
    settings: Settings,
    clock: Clock | None,
    mask: SecretMask,
    egress_policy: EgressPolicy,
    background: Background,
    browsers: tuple[BrowserPool, Seal] | None,
) -> AsyncIterator[AppState]:
    """What the routes work with. Raises: StartupError."""
    async with AsyncExitStack() as stack:
        data = await _open_data(stack, settings, clock, mask)
        makers = await _open_makers(stack, settings, data, mask, egress_policy, background, browsers)
        signals = await _open_signals(stack, data, background)
        runs = await _open_runs(stack, settings, data, makers, signals, mask, background)
        stack.callback(runs.service.stop_admitting)
        await stack.enter_async_context(_warm(None if browsers else (makers.pool, makers.seal), background))
        _log.info("ready", url=f"http://{settings.host}:{settings.port}", data_dir=str(data.folder))
        state = AppState(
            settings=settings,
            themes=makers.pipeline.themes,
            database=data.database,
            log=signals.log,
            service=runs.service,
            catalog=runs.catalog,
            takes_up=lambda: runs.engine.takes_up,
            run_logs=data.run_logs,
            store=data.store,
            files=RunFiles(data.database, data.store),
            thumbnails=Thumbnails(data.folder / "cache" / "thumbnails", _THUMBNAILS_MAX_BYTES),
            pool=makers.pool,
            seal=makers.seal,
            captures=makers.captures,
            previews=Previews(
                makers.pool, makers.seal, asks_ai=makers.pipeline.ai is not None, themes=makers.pipeline.themes
            ),
            foresee=runs.estimates.foresee,
            egress=makers.egress,
            retention=runs.retention,
            webhooks=runs.webhooks,
            refusals=Refusals(mask),
            background=background,
            reads=open_reads(),
        )
        try:
            yield state
        except BaseException:  # a task group of those above has ended before its time: nothing can go on here
            runs.engine.hand_back()  # before the runs notice that their browsers go
            runs.service.stop_admitting()
            signals.log.close()
            background.break_off()
            raise


async def _open_data(stack: AsyncExitStack, settings: Settings, clock: Clock | None, mask: SecretMask) -> _Data:
    folder = settings.data_dir.resolve()
    url, direct_url = settings.database_urls()
    stack.enter_context(open_data_folder(folder) if url else lock_data_folder(folder))
    ballast = Ballast(folder / "reserve")
    database = await stack.enter_async_context(
        open_database(url or folder / DATABASE_NAME, ballast, pooled=direct_url != url)
    )
    await store_id.require_store(database, folder)
    clock = clock or (await read_clock(database) if url else SystemClock())
    run_logs = stack.enter_context(open_run_logs(folder / "logs", mask.mask))
    store = LocalArtifactStore(folder, mask.mask)
    await store.prepare()
    return _Data(folder, url, direct_url, database, clock, run_logs, store)


async def _open_makers(
    stack: AsyncExitStack,
    settings: Settings,
    data: _Data,
    mask: SecretMask,
    egress_policy: EgressPolicy,
    background: Background,
    browsers: tuple[BrowserPool, Seal] | None,
) -> _Makers:
    egress = await stack.enter_async_context(open_egress(egress_policy))
    pool_config = BrowserPoolConfig.of(settings.browser)
    pool, seal = browsers or await _open_browsers(stack, pool_config, background)
    captures = _capture_cache(settings, pool_config, data.folder)
    pipeline = Pipeline(
        pool=pool,
        seal=seal,
        store=data.store,
        ai=await _open_ai(stack, settings, mask),
        ai_cache=AiCache(data.folder / "cache" / "ai", _AI_CACHE_MAX_BYTES),
        captures=captures,
        exports=ExportMeans(settings, data.folder / "cache"),
        egress=None if egress_policy.closed else egress,
        themes=read_themes(settings.themes_dir),
        versions={"pressrun": __version__},
        show_paths=not settings.tokens,
    )
    return _Makers(egress, pool, seal, captures, pipeline)


async def _open_signals(stack: AsyncExitStack, data: _Data, background: Background) -> _Signals:
    owner = secrets.token_hex(8)  # names this incarnation: after a restart its runs are somebody else's
    wakeups = notifier = None
    if data.direct_url is not None:
        wakeups = await stack.enter_async_context(open_wakeups(data.direct_url, owner, background))
    activity = Activity(wakeups.set_busy) if wakeups else Activity()
    if data.url is not None:
        notifier = await stack.enter_async_context(open_notifier(data.database, background))
    log = EventLog(data.database, committed=notifier.committed if notifier else None)
    return _Signals(owner, wakeups, notifier, activity, log)


def _build_records(settings: Settings, data: _Data, egress: Egress, signals: _Signals, mask: SecretMask) -> _Records:
    database, clock, owner, wakeups = data.database, data.clock, signals.owner, signals.wakeups
    webhooks = _webhooks(settings, data, egress, signals, mask)
    hints, estimates = LaneHints(), RunEstimates(database)
    journal = RunJournal(database, signals.log, clock, mask.mask, ended=partial(_run_ended, hints, estimates, webhooks))
    lifecycle = RunLifecycle(
        database, journal, clock, owner=owner, may_judge=wakeups.may_judge if wakeups else lambda: True
    )
    return _Records(hints, estimates, webhooks, journal, lifecycle)


async def _open_runs(
    stack: AsyncExitStack,
    settings: Settings,
    data: _Data,
    makers: _Makers,
    signals: _Signals,
    mask: SecretMask,
    background: Background,
) -> _Runs:
    database, clock, owner, activity = data.database, data.clock, signals.owner, signals.activity
    records = _build_records(settings, data, makers.egress, signals, mask)
    lifecycle, hints, webhooks = records.lifecycle, records.hints, records.webhooks
    config = settings.guard.shared(several=len(settings.tokens) > 1)
    foresee = records.estimates.foresee
    guard = RunGuard(database, signals.log, records.journal, clock, config, owner=owner, foresee=foresee)
    engine = await _open_engine(stack, settings, data, makers.pipeline, signals, lifecycle, background)
    remover = RunRemover(database, data.store, data.run_logs, engine.forget)
    catalog = RunCatalog(database, remover.remove)
    reconciler = RunReconciler(database, guard, lifecycle, engine, hints, activity)
    await stack.enter_async_context(open_reconciler(reconciler, background))
    service = await stack.enter_async_context(
        open_run_service(guard, lifecycle, engine, catalog, hints, activity, background)
    )
    retention = Retention(database, data.store, remover, clock, settings.retention)
    await stack.enter_async_context(
        background.running(
            (RETENTION, retention.watch),
            (ESTIMATES, records.estimates.watch),
            *(() if webhooks is None else ((WEBHOOKS, webhooks.watch),)),
        )
    )
    if signals.wakeups is not None:
        peers = open_peers(
            signals.wakeups, database, signals.log, engine, clock, owner=owner, background=background, activity=activity
        )
        await stack.enter_async_context(peers)
    return _Runs(engine, catalog, service, retention, records.estimates, webhooks)


async def _open_engine(
    stack: AsyncExitStack,
    settings: Settings,
    data: _Data,
    pipeline: Pipeline,
    signals: _Signals,
    lifecycle: RunLifecycle,
    background: Background,
) -> Engine:
    notifier = signals.notifier
    return await stack.enter_async_context(
        open_engine(
            pipeline,
            data.store,
            lifecycle,
            data.clock,
            where=data.direct_url or data.folder / ENGINE_DATABASE_NAME,
            process=signals.owner,
            run_deadline_s=settings.run_deadline_s,
            grace_s=settings.shutdown_grace_s,
            background=background,
            has_left=partial(notifier.tell_left, signals.owner) if notifier else None,
        )
    )


def _webhooks(
    settings: Settings, data: _Data, egress: Egress, signals: _Signals, mask: SecretMask
) -> WebhookDeliverer | None:
    secret, owner, activity = settings.webhook_secret, signals.owner, signals.activity
    if secret is None:
        return None
    return WebhookDeliverer(
        data.database, data.clock, egress, secret, owner=owner, mask=mask.mask, busy=lambda: activity.busy
    )


def _run_ended(hints: LaneHints, estimates: RunEstimates, webhooks: WebhookDeliverer | None, lane: str) -> None:
    hints.give(lane)
    estimates.hint()
    if webhooks is not None:
        webhooks.wake()


async def _open_browsers(
    stack: AsyncExitStack, config: BrowserPoolConfig, background: Background
) -> tuple[BrowserPool, Seal]:
    pool = await stack.enter_async_context(open_browser_pool(config, background=background))
    return pool, Seal(pool)


@asynccontextmanager
async def _warm(browsers: tuple[BrowserPool, Seal] | None, background: Background) -> AsyncIterator[None]:
    """Starts what the first run needs in the background: the server answers at once, the run does not wait either."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(background.attempt, WARM_PARSER, warm_up)
        if browsers is not None:
            tasks.start_soon(background.attempt, WARM_BROWSER, _warm_browser, *browsers)
        try:
            yield
        finally:
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await cool_down()


async def _warm_browser(pool: BrowserPool, seal: Seal) -> None:
    if await pool.warm():
        await seal.warm()


async def _open_ai(stack: AsyncExitStack, settings: Settings, mask: SecretMask) -> ai_client.AiClient | None:
    if settings.ai.base_url is None:
        return None
    if settings.ai.model is None:
        raise StartupError("PRESSRUN_AI_BASE_URL is set but PRESSRUN_AI_MODEL is not: set the model's name")
    config = ai_client.AiConfig(**vars(settings.ai), mask=mask.mask)
    return await stack.enter_async_context(ai_client.open_ai_client(config))


def _capture_cache(settings: Settings, config: BrowserPoolConfig, data_dir: Path) -> CaptureCache | None:
    if settings.capture_cache_max_bytes == 0:
        return None
    return CaptureCache(data_dir / "cache" / "captures", settings.capture_cache_max_bytes, Renderer(config))
