"""Where a driver and its browsers keep their temporary files, so that none stay behind, however those end.

Playwright's driver makes a profile and a folder for artifacts for each browser, and removes both itself unless it is
killed. So each driver has a folder of its own for all that, which goes with it; what a server that was killed has left
goes when the next one starts a driver. Whose owner lives is told by a lock on a file in it, as no pid could.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PREFIX: Final = "pressrun-browsers-"
_LOCK: Final = "lock"
_UNLOCKED_S: Final = (
    3600  # arbitrary: a folder without a lock that is older was left in the midst of making or removing
)
_TRIES: Final = 20  # with the pause a second: processes that were killed with the driver may still write for a moment
_PAUSE_S: Final = 0.05


class Scratch:
    """One folder. Its functions block for a moment: call them from a thread."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        locked = self.path / "locking"
        self._lock = locked.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        locked.rename(self.path / _LOCK)  # under this name it is locked from the first moment

    def remove(self) -> None:
        """With all that is in it. Safe to call again."""
        _remove(self.path)
        self._lock.close()


def sweep() -> None:
    """Removes the folders of those who ended without doing so. Never raises OSError."""
    for folder in _abandoned(Path(tempfile.gettempdir())):
        _remove(folder)


def _abandoned(root: Path) -> Iterator[Path]:
    try:
        names = [name for name in os.listdir(root) if name.startswith(PREFIX)]  # noqa: PTH208 - in one call
    except OSError:
        return
    for name in names:
        with contextlib.suppress(OSError):  # somebody else sweeps too
            status = (root / name).lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not _is_owned(root / name, status):
                yield root / name


def _is_owned(folder: Path, status: os.stat_result) -> bool:
    try:
        with (folder / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return time.time() - status.st_mtime < _UNLOCKED_S
    return False


def _remove(folder: Path) -> None:
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.is_dir():
            return
        time.sleep(_PAUSE_S)
