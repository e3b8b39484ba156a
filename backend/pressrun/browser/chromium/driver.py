"""Playwright's helper process. Owns its start, its watch and its end; one for all browsers of a pool (decision 0013).

A browser that dies takes nothing with it. A driver that dies takes every browser along: their supervisors start them
anew, on the next driver. Playwright itself says nothing when its driver is gone (BROWSER.md, "Faults"): so it is
watched here.
"""

from __future__ import annotations

import logging
import os
import sys
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from pressrun.background import Background
from pressrun.background_tasks import DRIVER_WATCH
from pressrun.browser.chromium.handle import ProcessHandle
from pressrun.browser.chromium.playwright import async_api, load
from pressrun.browser.chromium.scratch import Scratch, sweep
from pressrun.errors import BrowserUnavailable
from pressrun.procfs import children_of

if TYPE_CHECKING:
    from playwright.async_api import Playwright

_log = logging.getLogger(__name__)

_POLITE_TIMEOUT_S = 1.0  # measured: 25 ms for Chromium, 10 ms for the driver
# After SIGKILL only a machine that stands still or a process stuck in the kernel needs longer than 10 ms. Nobody waits
# again, so whoever goes on earlier leaves a process behind that nobody has reaped.
_REAP_TIMEOUT_S = 10.0
# It passes pictures on and keeps none: a small young generation and no helper threads spare 100 of its 250 MB, which
# Node would take in ten thousand captures, and cost no time (decision 0022).
_NODE_OPTIONS = "--max-semi-space-size=1 --v8-pool-size=0"
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# where things are on this machine, how to reach browsers elsewhere, and what somebody has set for all of Node
_PLACES = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "LD_LIBRARY_PATH", "PLAYWRIGHT_BROWSERS_PATH")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_NODES = ("NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "NODE_COMPILE_CACHE")
_PASSED_ON = {*_PLACES, *_PROXIES, *map(str.lower, _PROXIES), *_NODES}


class Driver:
    """One driver process."""

    def __init__(self) -> None:
        self.lost_with: set[anyio.Event] = set()  # of its browsers: set when it ends, for nobody else tells them
        self.launching = anyio.Lock()  # one launch at a time: else nobody knows whose a stray child of the driver is
        _seal_environment()
        self._context = async_api.async_playwright()
        self._playwright: Playwright | None = None
        self._scratch: Scratch | None = None

    async def start(self) -> None:
        """Raises: BrowserUnavailable when the driver ends at once, as it does without its system libraries."""
        try:
            await anyio.to_thread.run_sync(sweep)
            self._scratch = await anyio.to_thread.run_sync(Scratch)
        except OSError as exc:
            raise BrowserUnavailable(
                f"No folder for temporary files could be made: {exc.strerror}; make room there, or set TMPDIR."
            ) from exc
        try:
            _temporary.set(self.temporary)
            self._playwright = await self._context.start()
        except Exception as exc:
            # Playwright has no class of its own for this; the text is in its transport.py.
            if "reading from the driver" not in str(exc):
                raise
            await self.kill()
            raise BrowserUnavailable(
                "Playwright's driver does not start; run `pressrun install-browser`, which mends it."
            ) from exc

    @property
    def temporary(self) -> Path:
        """The folder for temporary files of its own and of its browsers; goes with it."""
        assert self._scratch is not None  # noqa: S101 - `start` came first
        return self._scratch.path

    @property
    def playwright(self) -> Playwright:
        assert self._playwright is not None  # noqa: S101 - `start` came first
        return self._playwright

    @property
    def _process(self) -> Any:
        """Playwright keeps its process private; the tests of the pool hold this to what is there."""
        client = self._context._client
        return None if client is None else client._transport._proc

    @property
    def pid(self) -> int | None:
        return None if self._process is None else int(self._process.pid)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def children(self) -> set[int]:
        """Pids of the browsers it has started."""
        return set() if self.pid is None else children_of(self.pid)

    async def answers(self, timeout_s: float) -> bool:
        """Whether the driver itself, without any browser, does what it is asked."""
        try:
            with anyio.fail_after(timeout_s):
                asked = await self.playwright.request.new_context()
                await asked.dispose()
        except (async_api.Error, TimeoutError):
            return False
        return True

    async def watch(self) -> None:
        """Returns when the process has ended."""
        if self._process is not None:
            await self._process.wait()
        await self.kill()  # nothing to kill any more: reads what it has left

    async def kill(self, *, politely: bool = True) -> None:
        """Ends the process, politely if it listens, and every browser that it has started. Safe to call again."""
        if self._process is None:
            await self._clean_up()
            return
        browsers = [ProcessHandle(pid) for pid in self.children()] if self.is_running else []
        with anyio.move_on_after(_POLITE_TIMEOUT_S, shield=True):
            if self._playwright is not None and politely:
                await self._playwright.stop()
        for browser in browsers:  # a frozen one does not notice that its driver has gone
            browser.kill()
            browser.release()
        if self.is_running:
            self._process.kill()
            with anyio.move_on_after(_REAP_TIMEOUT_S, shield=True):
                await self._process.wait()
        for lost in self.lost_with:
            lost.set()
        broken = self._context._client._transport.on_error_future  # type: ignore[union-attr]
        if broken.done() and not broken.cancelled():
            broken.exception()  # else asyncio complains that nobody has read it
        await self._clean_up()

    async def _clean_up(self) -> None:
        if self._scratch is not None:
            with anyio.CancelScope(shield=True):  # a second at most
                await anyio.to_thread.run_sync(self._scratch.remove)


_temporary: ContextVar[Path | None] = ContextVar("_temporary", default=None)  # folder of the driver being started


def _environment() -> dict[str, str]:
    """All that the driver gets to see of the environment: nothing of the server's settings, so no secret."""
    kept = {name: value for name, value in os.environ.items() if name in _PASSED_ON}
    own = {} if _temporary.get() is None else {"TMPDIR": str(_temporary.get())}
    return {"NODE_OPTIONS": _NODE_OPTIONS, **kept, **own, "PW_LANG_NAME": "python", "PW_LANG_NAME_VERSION": _PYTHON}


def _seal_environment() -> None:
    """Playwright gives its driver all that we have, and offers no way to say otherwise (playwright/_impl/transport.py);
    tests/browser/test_children.py holds this to what a running driver has.
    """
    from playwright._impl import transport  # noqa: PLC0415 - comes with all of Playwright

    transport.get_driver_env = _environment  # type: ignore[attr-defined]


class DriverHost:
    """Keeps the pool's driver at hand: started when first needed, replaced when it has died. Closed by the pool."""

    def __init__(self, tasks: TaskGroup, start_timeout_s: float, background: Background) -> None:
        self._tasks = tasks
        self._background = background
        self._start_timeout_s = start_timeout_s
        self._starting = anyio.Lock()  # without it every browser that starts would start a driver of its own
        self._current: Driver | None = None
        self._closed = False

    @property
    def current(self) -> Driver | None:
        """The running driver, if there is one."""
        return self._current if self._current is not None and self._current.is_running else None

    async def get(self) -> Driver:
        """The running driver. Raises: BrowserUnavailable when none can be started; the next call tries again."""
        async with self._starting:
            if self._closed:
                raise BrowserUnavailable("The server is shutting down; no browser is started any more.")
            if self._current is None or not self._current.is_running:
                self._current = await self._start()
            return self._current

    async def close(self) -> None:
        self._closed = True
        if self._current is not None:
            await self._current.kill()
            self._current = None

    async def _start(self) -> Driver:
        await load()
        driver = Driver()
        try:
            with anyio.fail_after(self._start_timeout_s):
                await driver.start()
        except TimeoutError as exc:
            await driver.kill()
            raise BrowserUnavailable("Playwright's driver did not start in time; try again.") from exc
        if self._closed:
            await driver.kill()
            raise BrowserUnavailable("The server is shutting down; no browser is started any more.")
        self._tasks.start_soon(self._background.until_done, DRIVER_WATCH, driver.watch)
        return driver
