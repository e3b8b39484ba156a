"""An idle server: how soon it answers, what it costs while nobody asks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from tests.support.server import start_server

_WATCH_S = 10
_TICK = os.sysconf("SC_CLK_TCK")


def measure(folder: Path) -> Iterator[Figure]:
    for kind, folders in (("a new", range(5)), ("an existing", [0] * 5)):
        starts = sorted(_start_s(folder / f"start-{number}") for number in folders)
        yield Figure(f"start to /livez on {kind} data folder, median of 5", starts[2], "s", target=1)
    with start_server(folder / "idle") as server:
        time.sleep(8)  # Chromium has started, and the engine no longer looks for runs of before ten times a second
        before = _cpu_s(server.pid)
        time.sleep(_WATCH_S)
        share = 100 * (_cpu_s(server.pid) - before) / _WATCH_S
        yield Figure("idle: share of one core", share, "%", target=1, note="server process, over 10 s")
        yield Figure("idle: memory without Chromium", _rss_mb(server.pid), "MB", target=200, note="RSS, server process")


def _start_s(data_dir: Path) -> float:
    begun_at = time.perf_counter()
    with start_server(data_dir):
        return time.perf_counter() - begun_at


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
