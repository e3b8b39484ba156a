"""GET /system: what `pressrun doctor` and /readyz know, browsers, settings in force; of the process that answers.

GET /system/fonts: a line of each script as a slide would have it.
"""

from __future__ import annotations

import base64
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun import __version__
from pressrun.api.endpoints.health import readiness
from pressrun.api.gate.tokens import caller_of
from pressrun.api.state import AppState, state_of
from pressrun.api.wire.system import (
    BrowserOut,
    CheckOut,
    FontProofList,
    FontProofOut,
    PoolOut,
    SystemOut,
    settings_in_force,
)
from pressrun.checks import Check, check_disk, check_exports, check_fonts, check_sandbox, check_themes, check_voices
from pressrun.errors import BrowserFailure
from pressrun.pipeline.glyphs import told_of
from pressrun.request_errors import Forbidden

_FONTS_WITHIN_S = 5.0  # they need a page; while runs have them all the view is not to wait

# What mends what /readyz finds.
_REMEDIES: Mapping[str, str] = {
    "database": "Start it, or correct PRESSRUN_DATABASE_URL; a local file: look at the disk.",
    "disk": "Free some space, or make the data folder writable for this user.",
    "browser": "Run: pressrun install-browser; in a container see docs/docker.md (sandbox, shared memory).",
    "background": "Look into the log for the task's name; if it goes on, start the server anew.",
}


async def show_system(request: Request) -> Response:
    """GET /system"""
    _only_admins(request)
    state = state_of(request)
    system = SystemOut(
        version=__version__,
        python=platform.python_version(),
        process_id=os.getpid(),
        checks=[CheckOut(**asdict(check)) for check in await _checks(state)],
        pool=_pool(state),
        ai_model=state.settings.ai.model if state.settings.ai.base_url is not None else None,
        webhooks=dict(await state.catalog.count_webhooks()),
        runs=dict(await state.catalog.count_runs()),
        settings=settings_in_force(state.settings),
    )
    return JSONResponse(system.model_dump(mode="json"), headers={"Cache-Control": "no-store"})


async def show_fonts(request: Request) -> Response:
    """GET /system/fonts"""
    _only_admins(request)
    from pressrun.browser.setup.font_proof import draw_proof  # noqa: PLC0415 - Pillow, not at a start

    proofs = await draw_proof(state_of(request).pool)
    listed = [
        FontProofOut(
            script=proof.script.name,
            language=proof.script.language,
            line=proof.script.line,
            drawn=proof.missing == "",
            font=proof.font,
            remedy=" ".join(told_of(proof.missing)),
            picture="data:image/webp;base64," + base64.b64encode(proof.picture).decode(),
        )
        for proof in proofs
    ]
    return JSONResponse(
        FontProofList(scripts=listed).model_dump(mode="json"), headers={"Cache-Control": "private, max-age=300"}
    )


def _only_admins(request: Request) -> None:
    if not caller_of(request.scope).may("admin"):
        raise Forbidden("health and settings are for whoever runs the server: they need a token with the scope `admin`")


async def _checks(state: AppState) -> list[Check]:
    ready = await readiness(state)
    checks = [
        Check(name, True, "works") if said == "ok" else Check(name, False, said, _REMEDIES[name])
        for name, said in ready.items()
    ]
    room = await anyio.to_thread.run_sync(check_disk, state.settings.data_dir.absolute())
    checks.append(Check("room", room.ok, room.detail, room.remedy))
    if ready["browser"] == "ok":
        checks += [check_sandbox(), *await _fonts(state)]
    return [*checks, *check_exports(), *check_voices(state.settings), check_themes(state.settings)]


async def _fonts(state: AppState) -> list[Check]:
    """Those that lack, in a line each; all that are there in one."""
    checks: list[Check] = []
    try:
        with anyio.move_on_after(_FONTS_WITHIN_S):
            checks = await check_fonts(state.pool)
    except BrowserFailure:
        checks = []
    missing = [check for check in checks if check.ok is not True]
    if missing or not checks:
        return missing
    return [Check("fonts", True, f"{len(checks)} scripts are drawn")]


def _pool(state: AppState) -> PoolOut:
    pressure, counters = state.pool.pressure(), state.pool.counters
    captures = sum(durations.up_to()[-1][1] for durations in counters.captures.values())
    took_s = sum(durations.sum_s for durations in counters.captures.values())
    failures = {supervisor.name: supervisor.failure for supervisor in state.pool.supervisors}
    capacities = {supervisor.name: supervisor.capacity for supervisor in state.pool.supervisors}
    return PoolOut(
        version=state.pool.version(),
        waiting=pressure.waiting,
        captures=captures,
        capture_mean_s=round(took_s / captures, 3) if captures else None,
        failures=dict(counters.failures),
        browsers=[
            BrowserOut(
                name=each.name,
                state=each.state,
                failure=failures[each.name],
                leases=each.leases,
                capacity=capacities[each.name],
                capturing=each.capturing,
                waiting=each.waiting,
                started=each.counts.started,
                recycled=each.counts.recycled,
                lost=each.counts.lost,
                frozen=each.counts.frozen,
                rss_bytes=each.rss_bytes,
            )
            for each in pressure.browsers
        ],
    )
