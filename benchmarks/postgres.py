"""From an append in one process to its readers in another, over a Postgres that is durable (fsync on), by wake-ups."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx

from benchmarks.figures import Figure, percentile
from pressrun.background import Background
from pressrun.db.wakeups import open_wakeups
from pressrun.events.model import Log
from pressrun.runs.activity import Activity
from pressrun.runs.peers import open_peers
from pressrun.settings import GuardConfig
from tests.support.core import COMPLETE, Core, open_core
from tests.support.postgres import find_binaries, start_postgres
from tests.support.runs import chapter, events_of, posting
from tests.support.server import start_server

_RUNS, _READERS, _EVENTS = 8, 3, 100
_PACE_S = 0.05  # 160 events a second over all runs: many times what rendering makes
_CONFIG = GuardConfig(dedup_window_s=5, run_max_s=1800, max_runs=_RUNS)
_ADMISSIONS = 200


def measure(folder: Path) -> Iterator[Figure]:
    binaries = find_binaries()
    if binaries is None:
        print("no Postgres here: apt-get install postgresql", file=sys.stderr)
        return
    with start_postgres(binaries, durable=True) as postgres:
        appended, delivered = anyio.run(_deliver, postgres.database(str(folder)))
        note = f"{_RUNS} runs x {_READERS} readers, {len(delivered)} deliveries"
        yield Figure("Postgres: append + deliver across processes, p50", percentile(delivered, 0.5), "ms", 10, note)
        yield Figure("Postgres: append + deliver across processes, p95", percentile(delivered, 0.95), "ms", 40)
        yield Figure("Postgres: append alone, p50", percentile(appended, 0.5), "ms")
        yield Figure("Postgres: append alone, p95", percentile(appended, 0.95), "ms")
        admitted = anyio.run(_admit, postgres.database("admissions"))
        yield Figure("Postgres: begin_run + end, p50", percentile(admitted, 0.5), "ms", note="one after the other")
        yield Figure("Postgres: begin_run + end, p95", percentile(admitted, 0.95), "ms")
        times = [_take_over_s(folder / str(number), postgres.database(f"take-over {number}")) for number in range(3)]
        yield Figure("Postgres: kill -9 to the next attempt elsewhere", max(times), "s", 3, "the worst of 3")


def _take_over_s(folder: Path, url: str) -> float:
    """From kill -9 of the server that renders to the first new event, read from the other one."""
    env = {"PRESSRUN_DATABASE_URL": url}
    folder.mkdir()
    with start_server(folder / "data", **env) as left, start_server(folder / "data", **env) as right:
        seen = 0
        with httpx.Client(base_url=left.url, timeout=60) as http, posting(http, text=chapter(30)) as (_, events):
            for event in events:
                seen = event["seq"]
                if event["type"] == "screenshot":
                    break
            left.kill()
        killed_at = time.monotonic()
        path, headers = f"/runs/{event['operation_id']}/events", {"Last-Event-ID": str(seen)}
        with httpx.Client(base_url=right.url, timeout=60) as http, http.stream("GET", path, headers=headers) as answer:
            next(event for event in events_of(answer) if event["type"] == "started")
            return time.monotonic() - killed_at


async def _deliver(url: str) -> tuple[list[float], list[float]]:
    delivered: list[float] = []

    async def read(core: Core, operation_id: str) -> None:
        async for event in core.log.follow(operation_id):
            if event.type == "log":
                sent_at = float(event.data.partition("sent ")[2].partition('"')[0])
                delivered.append((time.time() - sent_at) * 1000)

    async with open_core(url, owner="reader", config=_CONFIG) as core:
        names = [(await core.begin(f"run {number}", lane=f"lane-{number}")).operation_id for number in range(_RUNS)]
        async with open_wakeups(url, "reader") as wakeups:
            relay = open_peers(
                wakeups,
                core.database,
                core.log,
                _NoEngine(),  # type: ignore[arg-type]
                core.clock,
                owner="reader",
                background=Background(),
                activity=Activity(),
            )
            async with relay, anyio.create_task_group() as tasks:
                for name in names * _READERS:
                    tasks.start_soon(read, core, name)
                command = [sys.executable, "-m", "benchmarks.postgres", url, *names]
                writer = await anyio.run_process(command, stderr=subprocess.STDOUT)
    return [float(line) for line in writer.stdout.split()], delivered


class _NoEngine:
    """Nothing is executed here: the reading process only reads."""

    def cancel(self, _operation_id: str) -> bool:
        return False

    def executing(self) -> frozenset[str]:
        return frozenset()

    def let_go(self, _operation_ids: object) -> None:
        return None

    async def take_over(self, _is_gone: object, *, may_judge: bool) -> None:
        return None


async def _write(url: str, names: list[str]) -> None:
    """The other process: appends to all runs at once, prints how long each append took."""
    took: list[float] = []

    async def write(core: Core, name: str, number: int) -> None:
        await anyio.sleep(_PACE_S * number / _RUNS)
        for _ in range(_EVENTS):
            sent_at = time.time()
            await core.journal.append(name, 1, Log(message=f"sent {sent_at:.6f}"))
            took.append((time.time() - sent_at) * 1000)
            await anyio.sleep(_PACE_S)
        assert await core.lifecycle.finish(name, 1, COMPLETE)

    async with open_core(url, owner="writer", config=_CONFIG) as core, anyio.create_task_group() as tasks:
        for number, name in enumerate(names):
            tasks.start_soon(write, core, name, number)
    print("\n".join(f"{ms:.3f}" for ms in took))


async def _admit(url: str) -> list[float]:
    took: list[float] = []
    async with open_core(url) as core:
        for number in range(_ADMISSIONS):
            begun_at = time.perf_counter()
            await core.complete(await core.begin(f"run {number}"))
            took.append((time.perf_counter() - begun_at) * 1000)
    return took[20:]


if __name__ == "__main__":
    anyio.run(_write, sys.argv[1], sys.argv[2:])
