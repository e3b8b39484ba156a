"""A server for one command alone, on a data folder that the commands of this user take turns at.

The folder outlives the command: its caches make the next one quick, and what a command that was killed had begun is
there to go on with. What a command makes is removed from it when the command has it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from pressrun.cli.exits import Exit, NotMade, UsageError
from pressrun.cli.imports import importing
from pressrun.cli.server_process import ServerProcess, take_process
from pressrun.errors import StartupError
from pressrun.groups import open_task_group

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

    browser = Settings().browser
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
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
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

    make_data_folder(folder)
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
    """Its address and the token for it, which nobody else knows; `slots` runs at a time.

    Raises: StartupError; NotMade when its process is ended by somebody else.
    """
    process = take_process()
    try:
        process.order(folder, slots)
        with importing():
            import pressrun.cli.make  # noqa: F401 - the command needs it next, and there is time
        url, token = await _answer(process)
        async with open_task_group() as tasks:
            tasks.start_soon(_watch, process)
            yield url, token
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(process.end)


async def _answer(process: ServerProcess) -> tuple[str, str]:
    await anyio.wait_readable(process.answers)
    answer = process.read_answer()
    if answer is None:
        raise _has_ended()
    if "error" in answer:
        raise StartupError(answer["error"])
    return answer["url"], answer["token"]


async def _watch(process: ServerProcess) -> None:
    await anyio.wait_readable(process.answers)  # it has no more to say: this is its end
    raise _has_ended()


def _has_ended() -> NotMade:
    return NotMade(Exit.ERROR, "The server of this command was ended; the same command again goes on with its run.")
