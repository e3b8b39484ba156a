"""`create_app(settings)` and `serve(settings)`. The lifespan is the only place that builds long-lived things.

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

import os
import secrets
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pressrun import __version__
from pressrun.ai.cache import AiCache
from pressrun.api.connections.listeners import count_places
from pressrun.api.connections.server import open_server, run_server
from pressrun.api.endpoints.reads import open_reads
from pressrun.api.gate.cors import CorsOrigins
from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.gate.quotas import CallerQuotas
from pressrun.api.gate.tokens import parse_tokens, require_safe_bind
from pressrun.api.methods import methods_of
from pressrun.api.routes import build_routes
from pressrun.api.state import AppState
from pressrun.api.streams.run_streams import StreamRunner
from pressrun.api.wire.problems import exception_handlers
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
from pressrun.data_folder import (
    DATABASE_NAME,
    ENGINE_DATABASE_NAME,
    keep_to_ourselves,
    lock_data_folder,
    open_data_folder,
)
from pressrun.db.ballast import Ballast
from pressrun.db.engine import Database, open_database
from pressrun.db.notifier import open_notifier
from pressrun.db.ticks import read_clock
from pressrun.db.wakeups import open_wakeups
from pressrun.egress.broker import Egress, open_egress
from pressrun.egress.policy import EgressPolicy
from pressrun.engine.launch import open_engine
from pressrun.errors import StartupError
from pressrun.events.log import EventLog
from pressrun.failpoints import arm
from pressrun.later import import_later
from pressrun.pipeline.export import ExportMeans
from pressrun.pipeline.pipeline import Pipeline
from pressrun.run_logs import open_run_logs
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
from pressrun.runs.service import open_run_service
from pressrun.runs.webhooks import WebhookDeliverer
from pressrun.settings import CallerLimits, Settings, read_variable
from pressrun.sources.parser_pool import cool_down, warm_up
from pressrun.telemetry import SecretMask, configure_logging

if TYPE_CHECKING:
    from pressrun.ai import client as ai_client
else:
    ai_client = import_later("pressrun.ai.client")  # 60 of the 900 ms that a start takes

_BROKEN_LIMIT_S = 4.5  # promise: a process that cannot go on is gone within 5 s; in order it takes about one
_AI_CACHE_MAX_BYTES = 256 * 1024 * 1024  # arbitrary: some ten thousand answers
_THUMBNAILS_MAX_BYTES = 128 * 1024 * 1024  # arbitrary (32 MB..1 GB): some ten thousand

_log = structlog.get_logger(__name__)


def create_app(
    settings: Settings,
    clock: Clock | None = None,
    background: Background | None = None,
    browsers: tuple[BrowserPool, Seal] | None = None,
) -> ASGIApp:
    """The whole application behind its gate. Raises: StartupError when the settings are not safe.

    `browsers`: opened, warmed and closed by the caller, around the application.
    """
    background = background or Background()
    tokens = parse_tokens(settings.tokens)
    require_safe_bind(settings.host, tokens)
    egress_policy = EgressPolicy.parse(settings.egress)
    mask = SecretMask(settings.secrets())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with _open_all(settings, clock, mask, egress_policy, background, browsers) as state:
            yield {"app": state}

    app = Starlette(routes=build_routes(), lifespan=lifespan, exception_handlers=exception_handlers(mask))
    config = GateConfig(
        hosts=HostList(settings.host, settings.allowed_hosts),
        methods_of=lru_cache(maxsize=64)(partial(methods_of, app.routes)),
        cors=CorsOrigins(settings.cors_origins),
        tokens=tokens,
        quotas=CallerQuotas(caller_limits(settings), by_address=settings.max_connections_per_address != 0),
    )
    return StreamRunner(Gate(app, config))


def serve(settings: Settings) -> None:
    """Runs the server until SIGINT or SIGTERM. Raises: StartupError."""
    keep_to_ourselves()
    configure_logging(level=settings.log_level, json_lines=settings.log_json, mask=SecretMask(settings.secrets()))
    arm(read_variable("PRESSRUN_FAILPOINTS"), environment=read_variable("PRESSRUN_ENV"))
    background = Background(when_broken=_leave_in_time)
    start = _Start(create_app(settings, background=background))
    try:
        run_server(
            start,
            host=settings.host,
            port=settings.port,
            max_connections=settings.max_connections,
            max_per_address=settings.max_connections_per_address,
            background=background,
        )
    except SystemExit:
        if start.failure is not None:
            raise start.failure from None
        raise


@asynccontextmanager
async def open_embedded(
    settings: Settings, background: Background, browsers: tuple[BrowserPool, Seal]
) -> AsyncIterator[str]:
    """A server on loopback for as long as this is open, beside what else runs on this loop; yields its address.

    The process is a command's, which writes results as its user wants them: so not `keep_to_ourselves`. Data folder
    and temporary folders are closed, and with them what is below. Raises: StartupError.
    """
    arm(read_variable("PRESSRUN_FAILPOINTS"), environment=read_variable("PRESSRUN_ENV"))
    start = _Start(create_app(settings, background=background, browsers=browsers))
    try:
        async with open_server(start, host=settings.host, background=background) as port:
            yield f"http://{settings.host}:{port}"
    except StartupError as exc:
        raise start.failure or exc from None


def _leave_in_time() -> None:
    """The application has broken off: whoever watches over the process shall start another, whatever hangs here."""
    _log.critical("a task group of the application has broken; its runs are handed back and the process ends")
    timer = threading.Timer(_BROKEN_LIMIT_S, os._exit, [1])
    timer.daemon = True
    timer.start()


async def adopt_store(settings: Settings) -> None:
    """Makes the data folder the store of the database, while no server runs. Raises: StartupError."""
    data_dir = settings.data_dir.resolve()
    url, direct_url = _database_urls(settings)
    with open_data_folder(data_dir) if url else lock_data_folder(data_dir):
        async with open_database(url or data_dir / DATABASE_NAME, pooled=direct_url != url) as database:
            await store_id.adopt_store(database, data_dir)


class _Start:
    """Keeps why the start failed: for a person one sentence, where the server would log a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: StartupError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, self._quietly(send) if scope["type"] == "lifespan" else send)

    def _quietly(self, send: Send) -> Send:
        async def send_quietly(message: Message) -> None:
            reason = sys.exc_info()[1]  # Starlette tells of a failed start while it handles the exception
            if message["type"] == "lifespan.startup.failed" and isinstance(reason, StartupError):
                self.failure = reason
                message = {"type": message["type"], "message": ""}
            await send(message)

        return send_quietly


@asynccontextmanager
async def _open_all(
    settings: Settings,
    clock: Clock | None,
    mask: SecretMask,
    egress_policy: EgressPolicy,
    background: Background,
    browsers: tuple[BrowserPool, Seal] | None,
) -> AsyncIterator[AppState]:
    async with AsyncExitStack() as stack:
        data_dir = settings.data_dir.resolve()
        url, direct_url = _database_urls(settings)
        stack.enter_context(open_data_folder(data_dir) if url else lock_data_folder(data_dir))
        ballast = Ballast(data_dir / "reserve")
        database = await stack.enter_async_context(
            open_database(url or data_dir / DATABASE_NAME, ballast, pooled=direct_url != url)
        )
        await store_id.require_store(database, data_dir)
        clock = clock or (await read_clock(database) if url else SystemClock())
        run_logs = stack.enter_context(open_run_logs(data_dir / "logs", mask.mask))
        store = LocalArtifactStore(data_dir, mask.mask)
        await store.prepare()
        egress = await stack.enter_async_context(open_egress(egress_policy))
        pool_config = BrowserPoolConfig.of(settings.browser)
        pool, seal = browsers or await _open_browsers(stack, pool_config, background)
        captures = _capture_cache(settings, pool_config, data_dir)
        pipeline = Pipeline(
            pool=pool,
            seal=seal,
            store=store,
            ai=await _open_ai(stack, settings, mask),
            ai_cache=AiCache(data_dir / "cache" / "ai", _AI_CACHE_MAX_BYTES),
            captures=captures,
            exports=ExportMeans(settings, data_dir / "cache"),
            egress=None if egress_policy.closed else egress,
            versions={"pressrun": __version__},
            show_paths=not settings.tokens,
        )
        owner = secrets.token_hex(8)  # names this incarnation: after a restart its runs are somebody else's
        wakeups = await stack.enter_async_context(open_wakeups(direct_url, owner, background)) if direct_url else None
        activity = Activity(wakeups.set_busy) if wakeups else Activity()
        notifier = await stack.enter_async_context(open_notifier(database, background)) if url else None
        log = EventLog(database, committed=notifier.committed if notifier else None)
        webhooks = _webhooks(settings, database, clock, egress, mask, activity, owner)
        hints, estimates = LaneHints(), RunEstimates(database)
        journal = RunJournal(database, log, clock, mask.mask, ended=partial(_run_ended, hints, estimates, webhooks))
        lifecycle = RunLifecycle(
            database, journal, clock, owner=owner, may_judge=wakeups.may_judge if wakeups else lambda: True
        )
        guard = RunGuard(
            database,
            log,
            journal,
            clock,
            settings.guard.shared(several=len(settings.tokens) > 1),
            owner=owner,
            foresee=estimates.foresee,
        )
        engine = await stack.enter_async_context(
            open_engine(
                pipeline,
                store,
                lifecycle,
                clock,
                where=direct_url or data_dir / ENGINE_DATABASE_NAME,
                process=owner,
                run_deadline_s=settings.run_deadline_s,
                grace_s=settings.shutdown_grace_s,
                background=background,
                has_left=partial(notifier.tell_left, owner) if notifier else None,
            )
        )
        remover = RunRemover(database, store, run_logs, engine.forget)
        catalog = RunCatalog(database, remover.remove)
        reconciler = RunReconciler(database, guard, lifecycle, engine, hints, activity)
        await stack.enter_async_context(open_reconciler(reconciler, background))
        service = await stack.enter_async_context(
            open_run_service(guard, lifecycle, engine, catalog, hints, activity, background)
        )
        retention = Retention(database, store, remover, clock, settings.retention)
        await stack.enter_async_context(
            background.running(
                (RETENTION, retention.watch),
                (ESTIMATES, estimates.watch),
                *(() if webhooks is None else ((WEBHOOKS, webhooks.watch),)),
            )
        )
        if wakeups is not None:
            peers = open_peers(
                wakeups, database, log, engine, clock, owner=owner, background=background, activity=activity
            )
            await stack.enter_async_context(peers)
        stack.callback(service.stop_admitting)
        await stack.enter_async_context(_warm(None if browsers else (pool, seal), background))
        _log.info("ready", url=f"http://{settings.host}:{settings.port}", data_dir=str(data_dir))
        state = AppState(
            settings=settings,
            database=database,
            log=log,
            service=service,
            catalog=catalog,
            takes_up=lambda: engine.takes_up,
            run_logs=run_logs,
            store=store,
            files=RunFiles(database, store),
            thumbnails=Thumbnails(data_dir / "cache" / "thumbnails", _THUMBNAILS_MAX_BYTES),
            pool=pool,
            seal=seal,
            captures=captures,
            egress=egress,
            retention=retention,
            refusals=Refusals(mask),
            background=background,
            reads=open_reads(),
        )
        try:
            yield state
        except BaseException:  # a task group of those above has ended before its time: nothing can go on here
            engine.hand_back()  # before the runs notice that their browsers go
            service.stop_admitting()
            log.close()
            background.break_off()
            raise


def _webhooks(
    settings: Settings,
    database: Database,
    clock: Clock,
    egress: Egress,
    mask: SecretMask,
    activity: Activity,
    owner: str,
) -> WebhookDeliverer | None:
    secret = settings.webhook_secret
    if secret is None:
        return None
    return WebhookDeliverer(database, clock, egress, secret, owner=owner, mask=mask.mask, busy=lambda: activity.busy)


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


def caller_limits(settings: Settings) -> CallerLimits:
    """Of one caller; where there are several, nobody has more than half of the connections at work."""
    limits = settings.caller
    if limits.open_requests is None and len(settings.tokens) > 1:
        places = count_places()
        limits = replace(limits, open_requests=max(1, min(places, settings.max_connections or places) // 2))
    return limits


def _database_urls(settings: Settings) -> tuple[str | None, str | None]:
    """Of the database, and of what needs a session of its own in it. Raises: StartupError."""
    url, direct_url = settings.database_url, settings.database_direct_url
    if url is None and direct_url is not None:
        raise StartupError(
            "PRESSRUN_DATABASE_DIRECT_URL is set and PRESSRUN_DATABASE_URL is not: the first is the way past a pooler, "
            "set the second to the pooler's URL, or to this one if there is none"
        )
    if url is None:
        return None, None
    return url.get_secret_value(), (direct_url or url).get_secret_value()
