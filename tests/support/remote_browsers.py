"""Browsers elsewhere, on loopback: a Playwright server, and a Chromium with remote debugging. Each ended by its pid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from pressrun.browser.chromium.executable import _playwright_revision, find_chromium
from tests.support.limits import HANG_S
from tests.support.server import free_port


@contextmanager
def playwright_server(folder: Path, port: int | None = None, *flags: str) -> Iterator[tuple[str, int]]:
    """`playwright run-server`: its ws:// URL and pid. It is given this machine's Chromium for its own."""
    home = folder / f"chromium_headless_shell-{_playwright_revision('chromium-headless-shell')}"
    binary = home / "chrome-headless-shell-linux64" / "chrome-headless-shell"
    if not home.exists():
        binary.parent.mkdir(parents=True)
        binary.symlink_to(find_chromium(None).resolve())
        (home / "INSTALLATION_COMPLETE").touch()
    port = port or free_port()
    command = [sys.executable, "-m", "playwright", "run-server", "--port", str(port), "--host", "127.0.0.1", *flags]
    env = {
        **os.environ,
        "PLAYWRIGHT_BROWSERS_PATH": str(folder),
        "PLAYWRIGHT_SKIP_VALIDATE_HOST_REQUIREMENTS": "1",
    }
    with _running(command, env, f"http://127.0.0.1:{port}/json", folder / "server.log") as pid:
        yield f"ws://127.0.0.1:{port}/", pid


@contextmanager
def debugged_chromium(folder: Path, port: int | None = None) -> Iterator[tuple[str, int]]:
    """A Chromium that anybody may drive over CDP: its http:// URL and pid."""
    port = port or free_port()
    flags = ["--no-sandbox", "--headless", f"--remote-debugging-port={port}", f"--user-data-dir={folder / 'profile'}"]
    url = f"http://127.0.0.1:{port}"
    with _running([str(find_chromium(None)), *flags], None, f"{url}/json/version", folder / "chromium.log") as pid:
        yield url, pid


@contextmanager
def _running(command: Sequence[str], env: dict[str, str] | None, url: str, log_path: Path) -> Iterator[int]:
    with log_path.open("ab") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + HANG_S
        while True:
            assert process.poll() is None, log_path.read_text()
            assert time.monotonic() < deadline, log_path.read_text()
            try:
                httpx.get(url)
            except httpx.TransportError:
                time.sleep(0.05)  # nothing to wait for but the port itself
            else:
                break
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a group of its own, with the driver and browsers in it
        process.wait()
