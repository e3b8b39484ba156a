"""One Chromium with the Playwright driver that talks to it: started, watched, ended together. Owns processes.

A Chromium dies with its driver (the pipe between them closes), and a driver whose Chromium is gone is of no use: so
they are one thing. Nothing here knows leases; `supervisor.py` decides when to start and to replace one.
"""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import anyio
from playwright.async_api import Browser, CDPSession, Error, Playwright, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from pressrun.browser.chromium import find_chromium
from pressrun.browser.config import BrowserPoolConfig
from pressrun.errors import BrowserUnavailable

_log = logging.getLogger(__name__)

# How long a killed process may take to be gone; measured: 25 ms for Chromium, 10 ms for the driver.
_DEATH_TIMEOUT_S = 1.0


class BrowserProcess:
    """A running Chromium. Opened by `start`, ended by `close` or `kill`; shared by the leases of one pool.

    `lost` is set once it cannot be used any more, for whatever reason.
    """

    def __init__(self, driver: Driver, browser: Browser, session: CDPSession, pid: int) -> None:
        self.browser = browser
        self.pid = pid
        self.lost = anyio.Event()
        self.contexts_made = 0
        self.leases = 0
        self.draining = False
        self._driver = driver
        self._session = session
        browser.on("disconnected", lambda _: self.lost.set())

    @classmethod
    async def start(cls, config: BrowserPoolConfig, driver: Driver) -> BrowserProcess:
        """Starts Chromium on `driver`; leaves nothing behind when it fails.

        Raises:
            BrowserUnavailable: no Chromium, or it did not start.
        """
        executable = await anyio.to_thread.run_sync(find_chromium, config.executable)
        try:
            with anyio.fail_after(config.launch_timeout_s):
                playwright = await driver.start()
                browser = await playwright.chromium.launch(**_launch_options(executable, config))
                session = await browser.new_browser_cdp_session()
                info = await session.send("SystemInfo.getProcessInfo")
        except (Error, TimeoutError, OSError) as exc:
            await driver.kill()
            raise _start_failure(executable, exc) from exc
        pid = next(process["id"] for process in info["processInfo"] if process["type"] == "browser")
        return cls(driver, browser, session, pid)

    @property
    def is_usable(self) -> bool:
        return not self.lost.is_set() and self.browser.is_connected()

    async def ping(self, timeout_s: float) -> bool:
        """Whether Chromium answers."""
        try:
            with anyio.fail_after(timeout_s):
                await self._session.send("Browser.getVersion")
        except (Error, TimeoutError):
            return False
        return True

    async def watch(self) -> None:
        """Returns when the driver has ended; Playwright itself says nothing then (BROWSER.md, "Faults")."""
        await self._driver.wait()
        self.lost.set()

    async def close(self, timeout_s: float) -> None:
        """Ends Chromium and driver; kills what does not end in time. Safe to call again."""
        self.lost.set()
        with anyio.move_on_after(timeout_s, shield=True):
            try:
                await self.browser.close()
            except Error:
                _log.debug("browser was gone before it was closed", exc_info=True)
        await self.kill()

    async def kill(self) -> None:
        """Ends both at once, by their own pids. Calls in flight raise. Safe to call again."""
        if self.browser.is_connected() and self._driver.is_running:
            _kill(self.pid)
        self.lost.set()
        await self._driver.kill()


class Driver:
    """Playwright's helper process. One Chromium each."""

    def __init__(self) -> None:
        self._context = async_playwright()
        self._playwright: Playwright | None = None

    async def start(self) -> Playwright:
        """Raises: BrowserUnavailable when the driver ends at once, as it does without its system libraries."""
        try:
            self._playwright = await self._context.start()
        except Exception as exc:
            # Playwright has no class of its own for this; the text is in its transport.py.
            if "reading from the driver" not in str(exc):
                raise
            await self.kill()
            raise BrowserUnavailable(
                "Playwright's driver does not start; run `pressrun install-browser`, which mends it."
            ) from exc
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

    async def wait(self) -> None:
        if self._process is not None:
            await self._process.wait()

    async def kill(self) -> None:
        """Ends the process, politely if it listens. Chromium ends with it. Safe to call again."""
        if self._process is None:
            return
        with anyio.move_on_after(_DEATH_TIMEOUT_S, shield=True):
            if self._playwright is not None:
                await self._playwright.stop()
        if self.is_running:
            _kill(self._process.pid)
            with anyio.move_on_after(_DEATH_TIMEOUT_S, shield=True):
                await self._process.wait()
        broken = self._context._client._transport.on_error_future  # type: ignore[union-attr]
        if broken.done() and not broken.cancelled():
            broken.exception()  # else asyncio complains that nobody has read it


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        _log.debug("process %d was already gone", pid)


def _launch_options(executable: Path, config: BrowserPoolConfig) -> dict[str, Any]:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root:
        _log.warning(
            "Chromium runs WITHOUT its sandbox because Pressrun runs as root; run Pressrun as a normal user instead."
        )
    return {
        "executable_path": executable,
        "headless": True,
        "chromium_sandbox": not is_root,
        "args": [*_SEAL, f"--js-flags=--max-old-space-size={config.max_heap_mb}", *_QUIET],
        "env": _environment(),
        "timeout": config.launch_timeout_s * 1000,
        "handle_sigint": False,  # a signal to the server ends the pool, in order; not the browser behind its back
        "handle_sigterm": False,
        "handle_sighup": False,
    }


# No way out, each layer on its own (BROWSER.md, "Sealing a page"): a proxy that cannot be reached, for loopback
# too; no WebRTC around it; no name or address that resolves.
_SEAL = (
    "--proxy-server=http://sealed.invalid:9",
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_QUIET = (
    "--disable-lcd-text",
    "--force-color-profile=srgb",  # the same pixels on every machine
    "--hide-scrollbars",
)


def _environment() -> dict[str, str]:
    """All that Chromium gets to see of the environment: nothing of the server's, so no secret."""
    return {
        "HOME": str(Path.home()),  # fontconfig's cache and the user's fonts
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "TMPDIR": tempfile.gettempdir(),
    }


def _start_failure(executable: Path, exc: Exception) -> BrowserUnavailable:
    said = [line.strip() for line in str(exc).splitlines() if line.strip() and " --" not in line]  # no command lines
    _log.warning("Chromium at %s did not start: %s", executable, " | ".join(said[:20]))
    if isinstance(exc, TimeoutError | PlaywrightTimeoutError):
        return BrowserUnavailable("Chromium did not start in time; run `pressrun doctor` to see what is missing.")
    if any("No usable sandbox" in line or "sandboxing failed" in line for line in said):
        return BrowserUnavailable(
            "Chromium could not set up its sandbox: allow unprivileged user namespaces on this machine "
            "(or, in a container, use docs/seccomp.json: docs/docker.md)."
        )
    return BrowserUnavailable(f"Chromium at {executable} did not start; run `pressrun doctor` to see what is missing.")
