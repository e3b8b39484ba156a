"""Memory of a process and all that it started."""

from __future__ import annotations

import threading
from pathlib import Path

from pressrun.procfs import descendants_of

_EVERY_S = 0.05  # a peak of a capture lasts longer; a look costs about a millisecond for each process


class PeakMemory:
    """The most that a process tree had at once, as PSS: shared pages are shared out among those who share them."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_bytes = 0

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            self.peak_bytes = max(self.peak_bytes, sum(map(_pss_bytes, {self._pid, *descendants_of(self._pid)})))


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
