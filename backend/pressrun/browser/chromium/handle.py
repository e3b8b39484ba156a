"""A process of ours by its pid, to be killed without ever hitting another one that got the same number."""

from __future__ import annotations

import contextlib
import logging
import os
import signal

from pressrun.procfs import rss_bytes_of

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
        return rss_bytes_of(self.pid)

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
