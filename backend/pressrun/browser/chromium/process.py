"""A Chromium of our own: how it is launched, sealed by its flags, watched and ended. Owns its process.

Nothing here knows leases; `supervisor.py` decides when to start and to replace one.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from pressrun.browser.chromium.driver import Driver, DriverHost
from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.chromium.handle import ProcessHandle
from pressrun.browser.chromium.page_memory import PageMemory
from pressrun.browser.chromium.playwright import async_api
from pressrun.browser.chromium.sealed_page import PageLimits, open_page
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.ports import OpenPage, Screen
from pressrun.errors import BrowserUnavailable

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession

_log = logging.getLogger(__name__)

# What a launch may take beyond Playwright's own limit before the driver itself is given up.
_DRIVER_GRACE_S = 2.0

# Asked only when a browser has not answered in time; it takes 2 ms.
_DRIVER_PING_S = 0.5


class LocalChromium:
    """A running Chromium. Started by `LocalSource`, ended by `close` or `kill`; shared by the leases of one pool."""

    def __init__(
        self,
        driver: Driver,
        browser: Browser,
        session: CDPSession,
        process: ProcessHandle,
        limits: PageLimits,
        *,
        is_shell: bool = False,
    ) -> None:
        self.browser = browser
        self.driver = driver
        self.lost = anyio.Event()
        self._session = session
        self._process = process
        self._limits = limits
        self._is_shell = is_shell
        self._memory = PageMemory(process.pid, limits.max_memory_bytes)
        driver.lost_with.add(self.lost)
        browser.on("disconnected", lambda _: self.lost.set())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def version(self) -> str:
        return self.browser.version

    @property
    def is_usable(self) -> bool:
        return not self.lost.is_set() and self.driver.is_running and self.browser.is_connected()

    def rss_bytes(self) -> int | None:
        return self._process.rss_bytes()

    async def open_page(self, screen: Screen) -> OpenPage:
        async with self._memory.opening() as opened:
            sealed = await open_page(self.browser, screen, self._limits, fixed=self._is_shell)
            sealed.on_load = self._memory.look
            opened.append(sealed)
        return sealed

    async def guard(self) -> None:
        await self._memory.watch(self.lost)

    async def ping(self, timeout_s: float) -> bool:
        """Whether Chromium answers. If it does not because its driver does not, the driver is ended."""
        if await answers(self._session, timeout_s):
            return True
        if self.is_usable and not await self.driver.answers(_DRIVER_PING_S):
            _log.warning("Playwright's driver does not answer; it is replaced, and every browser with it")
            await self.driver.kill(politely=False)
        return False

    async def close(self, timeout_s: float) -> None:
        usable = self.is_usable
        self.lost.set()
        if usable:
            with anyio.move_on_after(timeout_s, shield=True):
                try:
                    await self.browser.close()
                except async_api.Error:
                    _log.debug("browser was gone before it was closed", exc_info=True)
        await self.kill()

    async def kill(self) -> None:
        self._process.kill()
        self._process.release()
        self.lost.set()
        self.driver.lost_with.discard(self.lost)


async def answers(session: CDPSession, timeout_s: float) -> bool:
    """Whether the browser behind the session answers in time."""
    try:
        with anyio.fail_after(timeout_s):
            await session.send("Browser.getVersion")
    except (async_api.Error, TimeoutError):
        return False
    return True


class LocalSource:
    """Launches Chromium on the pool's driver."""

    is_elsewhere = False

    def __init__(self, name: str, config: BrowserPoolConfig, drivers: DriverHost) -> None:
        self.name = name
        self.weight = 1
        self._config = config
        self._drivers = drivers

    async def start(self) -> LocalChromium:
        try:
            executable = await anyio.to_thread.run_sync(find_chromium, self._config.executable)
        except OSError as exc:  # no descriptor, for a reason
            raise BrowserUnavailable(f"Chromium could not be looked for: {exc.strerror}; try again.") from exc
        driver = await self._drivers.get()
        async with driver.launching:
            before = driver.children()
            try:
                return await self._launch(driver, executable)
            except (async_api.Error, TimeoutError, OSError) as exc:
                _kill_strays(driver.children() - before)
                if isinstance(exc, TimeoutError):  # Playwright's own limit did not hold: its driver hangs
                    await driver.kill(politely=False)
                raise _start_failure(executable, exc) from exc

    async def _launch(self, driver: Driver, executable: Path) -> LocalChromium:
        config = self._config
        with anyio.fail_after(config.launch_timeout_s + _DRIVER_GRACE_S):
            browser = await driver.playwright.chromium.launch(**_launch_options(executable, config, driver.temporary))
            session = await browser.new_browser_cdp_session()
            info = await session.send("SystemInfo.getProcessInfo")
        limits = PageLimits(config.max_windows, config.max_frames, config.max_memory_mb * 1_000_000)
        pid = next(process["id"] for process in info["processInfo"] if process["type"] == "browser")
        return LocalChromium(
            driver, browser, session, ProcessHandle(pid), limits, is_shell="headless" in executable.name
        )


def _kill_strays(pids: set[int]) -> None:
    for pid in pids:
        stray = ProcessHandle(pid)
        stray.kill()
        stray.release()


def _launch_options(executable: Path, config: BrowserPoolConfig, temporary: Path) -> dict[str, Any]:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root:
        _log.warning(
            "Chromium runs WITHOUT its sandbox because Pressrun runs as root; run Pressrun as a normal user instead."
        )
    return {
        "executable_path": executable,
        "headless": True,
        "chromium_sandbox": not is_root,
        "args": sealing_flags(config),
        "env": environment(temporary),
        "timeout": config.launch_timeout_s * 1000,
        "handle_sigint": False,  # a signal to the server ends the pool, in order; not the browser behind its back
        "handle_sigterm": False,
        "handle_sighup": False,
    }


def sealing_flags(config: BrowserPoolConfig) -> list[str]:
    """The flags of every Chromium that is started for us, here or by a Playwright server elsewhere."""
    return [*_SEAL, f"--js-flags=--max-old-space-size={config.max_heap_mb}", *_QUIET]


# No way out, each layer on its own (BROWSER.md, "Sealing a page"): a proxy that cannot be reached, for loopback
# too; no WebRTC around it; no name or address that resolves.
_SEAL = (
    "--proxy-server=http://sealed.invalid:9",
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",  # the name in the full browser
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # in the headless shell, which does not know the other
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_QUIET = (
    "--disable-lcd-text",
    # Letters are as wide and as high as their font has them, at every zoom and in the PDF, too: else those of a hinted
    # font are a whole number of pixels wide each, which stand unevenly (decision 0106).
    "--font-render-hinting=none",
    "--force-color-profile=srgb",  # the same pixels on every machine
    "--hide-scrollbars",
    # The pointer is as Playwright says it, whose flag this replaces. 2: a GIF stands still, at its first picture, so
    # that a slide looks the same each time.
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4,"
    "imageAnimationPolicy=2",
    # Each stage of a frame waits for the one before it: else one picture in a hundred that lies far from the one before
    # misses the tiles that are not drawn yet (decision 0017).
    "--run-all-compositor-stages-before-draw",
)


def environment(temporary: Path) -> dict[str, str]:
    """All that Chromium gets to see of the environment: nothing of the server's, so no secret."""
    return {
        "HOME": str(Path.home()),  # fontconfig's cache and the user's fonts
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "TMPDIR": str(temporary),
    }


def _start_failure(executable: Path, exc: Exception) -> BrowserUnavailable:
    said = [line.strip() for line in str(exc).splitlines() if line.strip() and " --" not in line]  # no command lines
    _log.warning("Chromium at %s did not start: %s", executable, " | ".join(said[:20]))
    if isinstance(exc, TimeoutError | async_api.TimeoutError):
        return BrowserUnavailable("Chromium did not start in time; run `pressrun doctor` to see what is missing.")
    if any("No usable sandbox" in line or "sandboxing failed" in line for line in said):
        return BrowserUnavailable(
            "Chromium could not set up its sandbox: allow unprivileged user namespaces on this machine "
            "(or, in a container, use docs/seccomp.json: docs/docker.md)."
        )
    return BrowserUnavailable(f"Chromium at {executable} did not start; run `pressrun doctor` to see what is missing.")
