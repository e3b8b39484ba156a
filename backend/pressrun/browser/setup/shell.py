"""Runs the programs of the set-up: quietly, within a limit, and with nothing left behind. Knows none of them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

Command = tuple[str, ...]
Say = Callable[[str], None]

PACKAGES_LIMIT_S = 600  # Chromium with its libraries is 100 MB of packages, on a slow mirror
APT_UPDATE: Command = ("apt-get", "update", "-qq")
APT_INSTALL: Command = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")

_ENV = "/usr/bin/env"
_QUIETLY = (
    "DEBIAN_FRONTEND=noninteractive",
    "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=10000",  # it tries five times; 30 s each would hold up one without a net
)


def succeeds(command: Command, *, limit_s: float = PACKAGES_LIMIT_S) -> bool:
    """Whether the command ended well in time."""
    return output(command, limit_s=limit_s) is not None


def output(command: Command, *, limit_s: float = PACKAGES_LIMIT_S) -> str | None:
    """What the command printed; None when it failed or took too long. Leaves no process behind, also on Ctrl-C."""
    try:
        process = subprocess.Popen(  # noqa: S603 - fixed arguments, no shell
            (_ENV, *_QUIETLY, *command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the caller says what to do next; a stranger's stack trace does not help
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("PRESSRUN_")},
            process_group=0,
        )
    except OSError:
        return None
    with process:
        try:
            printed, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return printed if process.returncode == 0 else None


def apt_installs(*packages: str) -> bool:
    """Whether apt could install them; asks for fresh lists only if the ones at hand do not do."""
    install = (*APT_INSTALL, *packages)
    return succeeds(install) or (succeeds(APT_UPDATE) and succeeds(install))
