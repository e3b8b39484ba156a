"""`run_doctor`: checks everything a run needs on this machine, and says how to mend what is missing.

Owns the list of checks and their remedies. Ends all that it starts, leaves nothing behind, and works beside a running
server.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
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
from pressrun.browser.setup.fonts import SAMPLES, scripts_without_font
from pressrun.browser.setup.install import FONT_PACKAGES
from pressrun.browser.setup.rate import measure_rate
from pressrun.browser.setup.self_test import Seal
from pressrun.data_folder import DATABASE_NAME, open_to_others
from pressrun.db.engine import open_database
from pressrun.errors import PressrunError, WrongStore
from pressrun.export_kinds import EXPORT_KINDS
from pressrun.exports.contract import missing_for
from pressrun.exports.voices.catalog import missing_for_voice
from pressrun.runs.store_id import is_store
from pressrun.settings import Settings
from pressrun.spec import VoiceName

_CHECK_LIMIT_S = 60  # a cold Chromium on a busy machine takes seconds; longer is an answer too
_AI_LIMIT_S = 5  # a list of models is small; an endpoint that needs longer will disappoint
_LIVEZ_LIMIT_S = 1  # our own server on this machine answers in milliseconds
_DISK_LOW_BYTES = 1_000_000_000  # about 50 batch folders of 20 slides
_DISK_FULL_BYTES = 100_000_000  # a few batch folders: the next run may not fit


_CORES = max(1, min(8, os.cpu_count() or 1))
_RATED: tuple[Literal["png", "jpeg"], ...] = ("png", "jpeg")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `ok` is None where nothing is broken but a person may want to know."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


async def run_doctor(settings: Settings, *, browser: bool = False) -> list[Check]:
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
        *_check_exports(),
        *_check_voices(settings),
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
            checks = [found, page, _check_sandbox(), seal, *elsewhere, *await _check_fonts(pool)]
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


def _check_sandbox() -> Check:
    """Only after a page was opened: a normal user's Chromium does not start without its sandbox."""
    if os.geteuid() != 0:
        return Check("sandbox", True, "Chromium runs in its sandbox")
    return Check("sandbox", None, "off, because root cannot use it", "Run Pressrun as a normal user.")


async def _check_fonts(pool: BrowserPool) -> list[Check]:
    missing = await scripts_without_font(pool)
    remedy = f"Debian, Ubuntu: sudo apt-get install {' '.join(FONT_PACKAGES)}; elsewhere: the Noto fonts."
    return [
        Check(f"font {script}", False, "drawn as empty boxes", remedy)
        if script in missing
        else Check(f"font {script}", True, f"{sample} is drawn")
        for script, sample in SAMPLES.items()
    ]


async def _check_data_folder(settings: Settings) -> list[Check]:
    folder = settings.data_dir.absolute()
    if not folder.exists():
        parent = next(each for each in folder.parents if each.exists())
        asked = [await _check_database(settings)] if settings.database_url is not None else []
        return [_check_parent(folder, parent), _check_disk(parent), *asked]
    try:
        await anyio.to_thread.run_sync(_write_and_sync, folder)
        seen = await anyio.to_thread.run_sync(open_to_others, folder)
    except OSError as exc:
        remedy = "Make it writable for this user, free some space, or set PRESSRUN_DATA_DIR to another folder."
        return [Check("data folder", False, f"{folder}: {exc.strerror}", remedy)]
    return [
        Check("data folder", True, f"{folder} is writable"),
        _check_privacy(folder, seen),
        _check_disk(folder),
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


def _check_disk(folder: Path) -> Check:
    free_bytes = shutil.disk_usage(folder).free
    detail = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes >= _DISK_LOW_BYTES:
        return Check("disk", True, detail)
    return Check("disk", None if free_bytes >= _DISK_FULL_BYTES else False, detail, f"Free some space under {folder}.")


async def _check_database(settings: Settings) -> Check:
    if settings.database_url is None:
        return await _check_sqlite(settings.data_dir.absolute())
    try:
        folder = settings.data_dir.resolve()
        async with open_database(settings.database_url.get_secret_value()) as database:
            if await is_store(database, folder):
                return Check("database", True, "Postgres answers, and its runs are kept in this data folder")
            remedy = "Set PRESSRUN_DATA_DIR to the folder of the servers that run."
            return Check("database", False, str(WrongStore(folder)), remedy)
    except PressrunError as exc:
        return Check("database", False, str(exc), "Start it, or correct PRESSRUN_DATABASE_URL.")


async def _check_sqlite(folder: Path) -> Check:
    """The real one if there is one. A new one besides: locks and WAL are what some network file systems get wrong."""
    real = folder / DATABASE_NAME
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as probe:
            for path in (Path(probe) / DATABASE_NAME, *([real] if real.exists() else [])):
                async with open_database(path):
                    pass
    except PressrunError as exc:
        return Check("database", False, str(exc), "Put PRESSRUN_DATA_DIR on a local disk, or on another folder.")
    return Check("database", True, f"{real} opens" if real.exists() else "SQLite works there")


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


def _check_exports() -> list[Check]:
    """Those that not every machine can make; the server refuses a run that wants one that this machine cannot."""
    return [
        Check(f"export {kind.name}", True, "can be made here")
        if (missing := missing_for(kind)) is None
        else Check(f"export {kind.name}", None, missing.what, missing.remedy)
        for kind in EXPORT_KINDS
        if kind.conditional
    ]


def _check_voices(settings: Settings) -> list[Check]:
    """Of narrated videos. Those of a setting only where it is set: nobody has to have them."""
    wanted: list[VoiceName] = ["espeak"]
    wanted += ["piper"] if settings.voice.piper_voice is not None else []
    wanted += ["api"] if settings.voice.base_url is not None else []
    return [
        Check(f"voice {name}", True, "can speak here")
        if (missing := missing_for_voice(name, settings.voice)) is None
        else Check(f"voice {name}", None if name == "espeak" else False, missing.what, missing.remedy)
        for name in wanted
    ]
