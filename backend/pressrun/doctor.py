"""`run_doctor`: checks everything a run needs on this machine, and says how to mend what is missing.

Owns the list of checks and their remedies. Ends all that it starts, leaves nothing behind, and works beside a running
server.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import anyio
import anyio.to_thread
import httpx

from pressrun.api.gate.tokens import parse_tokens, require_safe_bind
from pressrun.browser.addresses import parse_addresses
from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.pool.pool import BrowserPool, BrowserPoolConfig, open_browser_pool
from pressrun.browser.setup.rate import measure_rate
from pressrun.browser.setup.self_test import Seal
from pressrun.checks import (
    Check,
    check_disk,
    check_exports,
    check_fonts,
    check_sandbox,
    check_themes,
    check_voices,
)
from pressrun.data_folder import DATABASE_NAME, open_to_others
from pressrun.db.engine import open_database
from pressrun.db.found import find_version
from pressrun.db.tables import SCHEMA_VERSION
from pressrun.errors import PressrunError, WrongStore
from pressrun.runs.store_id import is_store
from pressrun.settings import Settings

_CHECK_LIMIT_S = 60  # a cold Chromium on a busy machine takes seconds; longer is an answer too
_AI_LIMIT_S = 5  # a list of models is small; an endpoint that needs longer will disappoint
_LIVEZ_LIMIT_S = 1  # our own server on this machine answers in milliseconds
_READYZ_LIMIT_S = 35  # its checks have 30 s


_CORES = max(1, min(8, os.cpu_count() or 1))
_RATED: tuple[Literal["png", "jpeg"], ...] = ("png", "jpeg")


@dataclass(frozen=True, slots=True)
class Server:
    """One to be asked how it is. `named`: somebody said that it is there."""

    url: str
    token: str | None = None
    named: bool = False


async def run_doctor(settings: Settings, *, browser: bool = False, server: Server | None = None) -> list[Check]:
    """Every check, in the order in which a person would mend things. Nothing is raised for what is broken.

    `browser`: only what concerns Chromium, and how fast it captures here.
    """
    if browser:
        return await _bounded("Chromium", partial(_check_browser, rate=True), settings)
    return [
        *await _bounded("Chromium", _check_browser, settings),
        *await _bounded("data folder", _check_data_folder, settings),
        *await _bounded("address", _check_address, settings),
        *await _bounded("AI endpoint", _check_ai, settings),
        *check_exports(),
        *check_voices(settings),
        check_themes(settings),
        *(await ask_server(server) if server is not None else []),
    ]


async def _bounded(name: str, check: Callable[[Settings], Awaitable[list[Check]]], settings: Settings) -> list[Check]:
    checks: list[Check] = []
    with anyio.move_on_after(_CHECK_LIMIT_S):
        checks = await check(settings)
    return checks or [Check(name, False, f"no answer within {_CHECK_LIMIT_S} s", "Try again on a less busy machine.")]


async def _check_browser(settings: Settings, *, rate: bool = False) -> list[Check]:
    try:
        executable = await anyio.to_thread.run_sync(find_chromium, settings.browser.executable)
    except PressrunError as exc:
        missing = Check("Chromium", False, str(exc), "Run: pressrun install-browser")
        return [missing, *await _check_elsewhere(settings)]
    found = Check("Chromium", True, str(executable))
    elsewhere = await _check_elsewhere(settings)
    config = BrowserPoolConfig(executable=executable, local=_CORES)
    try:
        async with open_browser_pool(config) as pool:
            await pool.check()
            page = Check("page", True, "Chromium opens a page")
            seal = await _check_seal(pool)
            checks = [found, page, check_sandbox(), seal, *elsewhere, *await check_fonts(pool)]
            return [*checks, *([await _measure(pool, format) for format in _RATED] if rate else [])]
    except PressrunError as exc:
        remedy = "Run: pressrun install-browser; in a container see docs/docker.md (sandbox, shared memory)."
        return [found, Check("page", False, str(exc), remedy), *elsewhere]


async def _check_elsewhere(settings: Settings) -> list[Check]:
    """Each browser of PRESSRUN_BROWSERS on another machine: whether it draws, and what of its seal can be proved."""
    checks: list[Check] = []
    try:
        addresses = parse_addresses(settings.browser.browsers.get_secret_value()).remote
    except PressrunError as exc:
        return [Check("browsers", False, str(exc), "Correct PRESSRUN_BROWSERS.")]
    for address in addresses:
        async with open_browser_pool(BrowserPoolConfig(local=0, remote=(address,))) as pool:
            try:
                await pool.check()
            except PressrunError as exc:
                checks.append(Check(f"browser {address.name}", False, str(exc), "Correct PRESSRUN_BROWSERS, or it."))
            else:
                detail = "opens a page, which does not reach this machine; what it reaches there cannot be proved here"
                checks.append(Check(f"browser {address.name}", True, detail))
    return checks


async def _check_seal(pool: BrowserPool) -> Check:
    seal = Seal(pool)
    try:
        await seal.check()
    except PressrunError as exc:
        return Check("seal", False, str(exc), "Unset PRESSRUN_CHROMIUM, or run: pressrun install-browser")
    return Check("seal", True, "a page reaches nothing")


async def _measure(pool: BrowserPool, format: Literal["png", "jpeg"]) -> Check:
    rate = await measure_rate(pool, format, _CORES)
    detail = f"{rate.pictures_per_s:.1f} pictures of 1920 x 1080 a second, {rate.memory_bytes / 1e6:.0f} MB meanwhile"
    return Check(f"rate {format}", True, detail)


async def _check_data_folder(settings: Settings) -> list[Check]:
    folder = settings.data_dir.absolute()
    if not folder.exists():
        parent = next(each for each in folder.parents if each.exists())
        asked = [await _check_database(settings)] if settings.database_url is not None else []
        return [_check_parent(folder, parent), check_disk(parent), *asked]
    try:
        await anyio.to_thread.run_sync(_write_and_sync, folder)
        seen = await anyio.to_thread.run_sync(open_to_others, folder)
    except OSError as exc:
        remedy = "Make it writable for this user, free some space, or set PRESSRUN_DATA_DIR to another folder."
        return [Check("data folder", False, f"{folder}: {exc.strerror}", remedy)]
    return [
        Check("data folder", True, f"{folder} is writable"),
        _check_privacy(folder, seen),
        check_disk(folder),
        await _check_database(settings),
    ]


def _check_parent(folder: Path, parent: Path) -> Check:
    """Of a data folder that no server has made yet, and that is not made by looking."""
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return Check("data folder", True, f"{folder} is not there yet; the first start of the server makes it")
    remedy = "Make it writable for this user, or set PRESSRUN_DATA_DIR to another folder."
    return Check("data folder", False, f"{folder} is not there, and {parent} is not to be written to", remedy)


def _check_privacy(folder: Path, seen: list[str]) -> Check:
    if not seen:
        return Check("privacy", True, "no other user of this machine sees what is in the data folder")
    detail = f"other users of this machine may look into it, or change it: {', '.join(seen)}"
    return Check("privacy", False, detail, f"Start the server once, which closes it, or run: chmod -R go= {folder}")


def _write_and_sync(folder: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
        probe.write(b"x" * 4096)
        probe.flush()
        os.fsync(probe.fileno())


async def _check_database(settings: Settings) -> Check:
    if settings.database_url is None:
        return await _check_sqlite(settings.data_dir.absolute())
    try:
        folder, url = settings.data_dir.resolve(), settings.database_url.get_secret_value()
        found = await anyio.to_thread.run_sync(find_version, url)
        if found != SCHEMA_VERSION:  # to open it would make or upgrade it
            return _other_version(found, "Postgres answers", "PRESSRUN_DATABASE_URL to another database")
        async with open_database(url) as database:
            if await is_store(database, folder):
                return Check("database", True, "Postgres answers, and its runs are kept in this data folder")
            remedy = "Set PRESSRUN_DATA_DIR to the folder of the servers that run."
            return Check("database", False, str(WrongStore(folder)), remedy)
    except PressrunError as exc:
        return Check("database", False, str(exc), "Start it, or correct PRESSRUN_DATABASE_URL.")


async def _check_sqlite(folder: Path) -> Check:
    """A new one, for locks and WAL are what some network file systems get wrong; the real one is only read."""
    real = folder / DATABASE_NAME
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as probe:
            async with open_database(Path(probe) / DATABASE_NAME):
                pass
        if not real.exists():
            return Check("database", True, "SQLite works there")
        found = await anyio.to_thread.run_sync(find_version, real)
    except PressrunError as exc:
        return Check("database", False, str(exc), "Put PRESSRUN_DATA_DIR on a local disk, or on another folder.")
    if found != SCHEMA_VERSION:
        return _other_version(found, f"{real} opens", "PRESSRUN_DATA_DIR to another folder")
    return Check("database", True, f"{real} opens")


def _other_version(found: int, answers: str, other: str) -> Check:
    if found < SCHEMA_VERSION:
        made = f"is upgraded from schema {found} to {SCHEMA_VERSION}" if found else "gets its tables"
        return Check("database", True, f"{answers}; it {made} at the next start of the server")
    newer = f"{answers}, and was made by a newer Pressrun (schema {found}, this one knows {SCHEMA_VERSION})"
    return Check("database", False, newer, f"Start that version, or set {other}.")


async def _check_address(settings: Settings) -> list[Check]:
    address = f"{settings.host}:{settings.port}"
    try:
        require_safe_bind(settings.host, parse_tokens(settings.tokens))
    except PressrunError as exc:
        return [Check("address", False, str(exc), "Run: pressrun token new")]
    try:
        await anyio.to_thread.run_sync(_try_bind, settings.host, settings.port)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE and await _is_pressrun(settings):
            return [Check("address", None, f"a Pressrun server is running on {address}")]
        remedy = "Stop what listens there, or choose another: pressrun serve --port 8001"
        return [Check("address", False, f"{address}: {exc.strerror}", remedy)]
    return [Check("address", True, f"{address} is free")]


async def ask_server(server: Server) -> list[Check]:
    """What a server that runs says of itself (GET /readyz), each check of it."""
    headers = {"Authorization": f"Bearer {server.token}"} if server.token else {}
    limits = httpx.Timeout(_READYZ_LIMIT_S, connect=_LIVEZ_LIMIT_S)
    try:
        async with httpx.AsyncClient(timeout=limits, trust_env=False, headers=headers) as client:
            answer = await client.get(server.url.rstrip("/") + "/readyz")
    except (httpx.HTTPError, httpx.InvalidURL):
        if not server.named:
            return [Check("server", None, f"none answers at {server.url}; commands that make slides run their own")]
        remedy = "Start it (pressrun serve), or correct --server or PRESSRUN_SERVER."
        return [Check("server", False, f"none answers at {server.url}", remedy)]
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        remedy = "Put one into PRESSRUN_TOKEN, or name it with --token-env or --token-file."
        return [Check("server", False, f"the one at {server.url} wants a token", remedy)]
    told = _checks_of(answer)
    if told is None:
        remedy = "Correct --server or PRESSRUN_SERVER, or stop what listens there."
        return [Check("server", False, f"what answers at {server.url} is no Pressrun server", remedy)]
    remedy = f"See the log of the server at {server.url}."
    return [
        Check("server", True, f"one answers at {server.url}"),
        *(Check(f"server {name}", said == "ok", said, "" if said == "ok" else remedy) for name, said in told.items()),
    ]


def _checks_of(answer: httpx.Response) -> dict[str, str] | None:
    """By name; None of what a Pressrun server does not say."""
    try:
        checks = answer.json()["checks"]
    except (ValueError, KeyError, TypeError):
        return None
    return {str(name): str(said) for name, said in checks.items()} if isinstance(checks, dict) else None


def _try_bind(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: TIME_WAIT does not count
        probe.bind(address)


async def _is_pressrun(settings: Settings) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(timeout=_LIVEZ_LIMIT_S, trust_env=False) as client:
            answer = await client.get(f"http://{_reachable(settings.host)}:{settings.port}/livez")
            return answer.status_code == httpx.codes.OK
    return False


def _reachable(host: str) -> str:
    loopback = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound
    return loopback.get(host, f"[{host}]" if ":" in host else host)


async def _check_ai(settings: Settings) -> list[Check]:
    if settings.ai.base_url is None:
        return [Check("AI endpoint", None, "not configured: text is composed by Markdown")]
    if settings.ai.model is None:
        return [
            Check("AI endpoint", False, "no model is chosen, so the server will not start", "Set PRESSRUN_AI_MODEL.")
        ]
    headers = {"Authorization": f"Bearer {settings.ai.api_key.get_secret_value()}"} if settings.ai.api_key else {}
    url = settings.ai.base_url.rstrip("/") + "/models"
    try:
        async with httpx.AsyncClient(timeout=_AI_LIMIT_S) as client:
            with anyio.fail_after(_AI_LIMIT_S):
                answer = await client.get(url, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeEncodeError):
        # Only fixed words from here on: an exception's own text may repeat the URL or a header.
        detail = f"does not answer within {_AI_LIMIT_S} s"
        return [Check("AI endpoint", False, detail, "Check PRESSRUN_AI_BASE_URL and that the endpoint runs.")]
    return [_judge_ai(answer, settings.ai.model)]


def _judge_ai(answer: httpx.Response, model: str) -> Check:
    status = answer.status_code
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return Check("AI endpoint", False, f"refuses the key (HTTP {status})", "Set PRESSRUN_AI_API_KEY.")
    names = _model_names(answer)
    if status != httpx.codes.OK or not names:
        # Not every compatible server lists its models, so this alone does not say that runs would fail.
        return Check(
            "AI endpoint", None, f"answers, but lists no models (HTTP {status})", "Check PRESSRUN_AI_BASE_URL."
        )
    if model not in names:
        return Check("AI endpoint", False, f"does not know the model {model}", "Set PRESSRUN_AI_MODEL to one it lists.")
    return Check("AI endpoint", True, f"answers; model {model}")


def _model_names(answer: httpx.Response) -> set[str]:
    try:
        return {str(model["id"]) for model in answer.json()["data"]}
    except (ValueError, KeyError, TypeError):
        return set()
