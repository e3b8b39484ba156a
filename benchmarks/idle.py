"""An idle server: how soon it answers, what it costs while nobody asks, how often it wakes."""

from __future__ import annotations

import compileall
import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pressrun
from benchmarks.figures import Figure
from tests.support.postgres import find_binaries, start_postgres
from tests.support.processes import wakes_of
from tests.support.server import start_server

_SETTLED_S = 12  # Chromium has started, and the reconciler has found that there is no run
_WATCH_S = 20
_TICK = os.sysconf("SC_CLK_TCK")


def measure(folder: Path) -> Iterator[Figure]:
    compileall.compile_dir(Path(pressrun.__file__).parent, quiet=1)  # as an installation does: 0.3 s of each start else
    for kind, folders in (("a new", range(5)), ("an existing", [0] * 5)):
        starts = [_start(folder / f"start-{number}") for number in folders]
        took_s, cpu_s = (median(figures) for figures in zip(*starts, strict=True))
        yield Figure(f"start to /livez on {kind} data folder, median of 5", took_s, "s", target=1)
        yield Figure("the same: CPU of the server process", cpu_s, "s", note="does not count who else uses the cores")
    with start_server(folder / "idle") as server:
        yield from _idle(server.pid, "")
        yield Figure("idle: memory without Chromium", _rss_mb(server.pid), "MB", target=200, note="RSS, server process")
    binaries = find_binaries()
    if binaries is not None:
        with (
            start_postgres(binaries) as postgres,
            start_server(folder / "postgres", PRESSRUN_DATABASE_URL=postgres.database("idle")) as server,
        ):
            yield from _idle(server.pid, "on Postgres, ")


def _idle(pid: int, where: str) -> Iterator[Figure]:
    time.sleep(_SETTLED_S)
    cpu_s, wakes = _cpu_s(pid), wakes_of(pid)
    time.sleep(_WATCH_S)
    share, rate = 100 * (_cpu_s(pid) - cpu_s) / _WATCH_S, (wakes_of(pid) - wakes) / _WATCH_S
    yield Figure(f"idle: {where}share of one core", share, "%", target=1, note=f"server process, over {_WATCH_S} s")
    yield Figure(f"idle: {where}wakes a second", rate, "", target=2, note="voluntary switches of all its threads")


def _start(data_dir: Path) -> tuple[float, float]:
    """Seconds, and seconds of CPU, until /livez answers."""
    begun_at = time.perf_counter()
    with start_server(data_dir) as server:
        return time.perf_counter() - begun_at, _cpu_s(server.pid)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
