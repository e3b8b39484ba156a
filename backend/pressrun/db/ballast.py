"""`Ballast`: room on the disk that is kept for what must be written when the disk is full.

On a full disk nothing can be written to a SQLite file, not even a DELETE: a run that met it could neither end nor free
its slot. So a file of nothing holds some megabytes, which the end of a run gives up. Until they are taken back nothing
new may begin (`held`), or it would eat up what the next end needs.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# SAFETY "Faults"; a run's end is some kilobytes, and 16 runs at once may meet the full disk
BALLAST_BYTES = 16 * 1024 * 1024


class Ballast:
    """One file. Its methods block for a moment: call them from a thread; the caller sees to it that one runs at a time.

    `held`: the room is there.
    """

    def __init__(self, path: Path, size_bytes: int = BALLAST_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self.held = False

    def fill(self) -> None:
        """Takes the room, where as much again is left for others; if not, try again later. Never raises OSError."""
        if self.held:
            return
        try:
            if not self._is_there():
                if shutil.disk_usage(self._path.parent).free < 2 * self._size_bytes:
                    return
                self._allocate()
            self.held = True
        except OSError:
            self.release()

    def release(self) -> bool:
        """Frees the room; False if there was none to free."""
        held, self.held = self.held, False
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return False
        return held

    def _is_there(self) -> bool:
        return self._path.is_file() and self._path.stat().st_blocks * 512 >= self._size_bytes

    def _allocate(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size_bytes)
        finally:
            os.close(descriptor)
