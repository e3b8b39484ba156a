"""A server for one command alone: in this process, on a data folder that the commands of this user take turns at.

The folder outlives the command: its caches make the next one quick, and what a command that was killed had begun is
there to go on with. What a command makes is removed from it when the command has it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from pressrun.cli.exits import Exit, NotMade, UsageError
from pressrun.cli.imports import importing

SERVER = "embedded"
"""What stands for such a server where an address could."""

_LOG_LEVEL = "ERROR"
_OWNER = "command"  # whose runs they are; of every command the same, so that one goes on with what another began
# While a thread imports, the loop gets its turn after this and not after Python's 5 ms, for a browser that starts says
# and hears some hundred things.
_TURN_S = 0.0005
_NOTE_AFTER_S = 0.5  # arbitrary (0.2..2): who waits shorter does not want to know
_LOOK_EVERY_S = 0.05  # arbitrary (0.01..0.2)
_LEAST_FREE_BYTES = 20_000_000  # arbitrary (5..100 MB): two databases, a document and some slides
_MOST_WATCHERS = 8  # arbitrary (4..32): each has a server and a browser of its own


def data_folder() -> Path:
    """Where this user's programs keep their data on this platform."""
    from platformdirs import user_data_path

    return user_data_path("pressrun", appauthor=False)


def require_browser(*, install: bool) -> None:
    """Sees to it that there is a Chromium: installs one where that is wanted, asks at a terminal whether it is.

    Raises: BrowserUnavailable, ValidationError.
    """
    from pressrun.browser.chromium.executable import find_chromium
    from pressrun.browser.config import BrowserPoolConfig
    from pressrun.errors import BrowserUnavailable
    from pressrun.settings import Settings

    browser = Settings(_env_file=None).browser
    if BrowserPoolConfig.of(browser).local == 0:
        return  # those on other machines draw
    try:
        find_chromium(browser.executable)
    except BrowserUnavailable as exc:
        from pressrun.browser.setup.install import DOWNLOAD_MB, install_chromium

        if not install and not _ask(f"There is no Chromium here. Install one now, about {DOWNLOAD_MB} MB?"):
            raise BrowserUnavailable(f"{exc} Or run this again with --install-browser ({DOWNLOAD_MB} MB).") from exc
        install_chromium(browser.executable)


def _ask(question: str) -> bool:
    """False where nobody can answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(f"{question} [Y/n] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"", "y", "yes"}


@contextmanager
def take_turn(note: Callable[[str], None]) -> Iterator[Path]:
    """Holds the data folder of this user's commands; waits for the others. Whoever dies lets go. Raises: NotMade,
    OSError.
    """
    folder = data_folder() / "commands"
    with _open(folder) as descriptor:
        note_at: float | None = time.monotonic() + _NOTE_AFTER_S
        while not _lock_nowait(descriptor):
            if note_at is not None and time.monotonic() > note_at:
                note(f"Another pressrun command is at work in {folder}; this one waits for it …")
                note_at = None
            time.sleep(_LOOK_EVERY_S)
        yield folder


@contextmanager
def take_folder() -> Iterator[Path]:
    """Holds a data folder that nobody waits for, for a command that stays. Raises: UsageError, NotMade, OSError."""
    for number in range(1, _MOST_WATCHERS + 1):
        folder = data_folder() / f"watch-{number}"
        with _open(folder) as descriptor:
            if _lock_nowait(descriptor):
                yield folder
                return
    raise UsageError(f"{_MOST_WATCHERS} commands are watching already: end one, or give --server to use one for all.")


@contextmanager
def _open(folder: Path) -> Iterator[int]:
    from pressrun.data_folder import make_data_folder

    try:
        make_data_folder(folder)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "it cannot be written to")
    except OSError as exc:
        why = f"{folder} is no place for this command's data: {exc.strerror}"
        raise NotMade(Exit.ERROR, f"{why}. Set XDG_DATA_HOME to a folder of yours.") from exc
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < _LEAST_FREE_BYTES:
        left = f"{free_bytes / 1e6:.1f} MB"
        raise NotMade(Exit.ERROR, f"{folder} has {left} of room left: free some, or set XDG_DATA_HOME.")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock_nowait(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@asynccontextmanager
async def open_server(folder: Path, slots: int) -> AsyncIterator[tuple[str, str]]:
    """Its address and the token for it, which nobody else knows; `slots` runs at a time. Raises: StartupError.

    The browser and the parser are started first: they do while the rest, most of which is Python's imports, is made
    ready in a thread.
    """
    with importing():
        from pressrun.api.gate.tokens import new_token
        from pressrun.background import Background
        from pressrun.background_tasks import WARM_BROWSER, WARM_PARSER
        from pressrun.browser.config import BrowserPoolConfig
        from pressrun.browser.pool.pool import open_browser_pool
        from pressrun.browser.setup.self_test import Seal
        from pressrun.sources.parser_pool import cool_down, warm_up
        from pressrun.telemetry import SecretMask, configure_logging
    token, line = new_token(_OWNER, ("admin",))
    settings = _settings(folder, slots, line)
    # a command tells of its run, not of its server: only what went wrong there
    configure_logging(level=_LOG_LEVEL, json_lines=settings.log_json, mask=SecretMask(settings.secrets()))
    background = Background()
    try:
        async with open_browser_pool(BrowserPoolConfig.of(settings.browser), background=background) as pool:
            seal = Seal(pool)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(background.attempt, WARM_BROWSER, seal.warm)
                tasks.start_soon(background.attempt, WARM_PARSER, warm_up)
                app = await anyio.to_thread.run_sync(_import_app)
                async with app.open_embedded(settings, background, (pool, seal)) as url:
                    yield url, token
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await cool_down()


def _import_app() -> Any:
    """The application, and what the command needs next."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        with importing():
            import pressrun.cli.make  # noqa: F401
            from pressrun import app

            return app
    finally:
        sys.setswitchinterval(usual_s)


def _settings(folder: Path, slots: int, token_line: str) -> Any:
    """Browser, AI and egress are as they are set; what was set for servers that others reach is not for this one."""
    from pressrun.settings import Settings

    grouped: dict[str, Any] = {  # by the names that they have in the environment
        "lanes": f"default={slots}",
        "unknown_lanes": "one",
        "max_runs": max(16, slots),
        "max_queued": 100,
        "caller_max_runs": 0,
        "caller_max_queued": 0,
        "caller_max_streams": 0,
        "caller_requests_per_s": 0,
        "caller_max_bytes_per_day": 0,
    }
    return Settings(
        _env_file=None,
        host="127.0.0.1",
        data_dir=folder,
        database_url=None,
        database_direct_url=None,
        allowed_hosts=(),
        cors_origins=(),
        tokens=(token_line,),
        shutdown_grace_s=2,  # arbitrary (1..5): what a run that has just ended still does takes some milliseconds
        **grouped,
    )
