"""A process of ours by its pid, to be killed without ever hitting another one that got the same number."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from pathlib import Path

_log = logging.getLogger(__name__)


class ProcessHandle:
    """Made while the process surely lives. `release` it when the process is done with."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor: int | None = None
        with contextlib.suppress(OSError, AttributeError):  # not Linux, or it has just ended
            self._descriptor = os.pidfd_open(pid)

    def kill(self) -> None:
        """SIGKILL, at once. Safe to call again."""
        try:
            if self._descriptor is not None:
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        except ProcessLookupError:
            _log.debug("process %d was already gone", self.pid)

    def rss_bytes(self) -> int | None:
        """Its resident memory; None where /proc is not there to tell."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            return None
        return pages * os.sysconf("SC_PAGE_SIZE")

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def children_of(pid: int) -> set[int]:
    """The direct children of a process; empty where /proc is not there to tell."""
    found: set[int] = set()
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(int(child) for child in tasks.read_text().split())
    return found
