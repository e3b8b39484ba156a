"""Several servers on one durable Postgres: what one costs the others. Ratios are of rounds that were interleaved.

`python -m benchmarks.cluster begin URL SECONDS` is one of the processes that begin and end runs.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

import anyio
import anyio.lowlevel
import httpx
import psycopg
import structlog
from sqlalchemy import Connection, insert

from benchmarks.figures import Figure, percentile
from benchmarks.refusals import hammer, post
from pressrun.background import Background
from pressrun.background_tasks import NOTIFY
from pressrun.db.engine import open_database
from pressrun.db.notifier import Notifier
from pressrun.db.tables import runs, specs
from pressrun.events.model import Log
from pressrun.settings import GuardConfig
from tests.support.core import Core, open_core
from tests.support.postgres import Postgres, find_binaries, start_postgres
from tests.support.runs import chapter, events_of, posting
from tests.support.server import start_server

_CONFIG = GuardConfig(dedup_window_s=0, run_max_s=1800, max_runs=1000, max_queued=10_000)
_STARTS, _WRITERS = 50, 4
_PROCESSES, _LANES, _BEGIN_S = 4, 4, 6.0
_ROUNDS, _APPEND_S, _APPENDERS = 3, 4, 32
_SENDERS, _LISTENERS = 4, 8
_GRACE_S = 2.0

# an append as the product writes it, of one of 500 runs
_APPEND = """\\set run random(1, 500)
WITH moved AS (
    UPDATE pressrun.runs SET last_seq = last_seq + 1 WHERE operation_id = lpad(:run::text, 36, '0')
    RETURNING operation_id, last_seq
) INSERT INTO pressrun.events (operation_id, seq, attempt, type, data, at)
SELECT operation_id, last_seq, 1, 'log', repeat('x', 200), 0 FROM moved;
"""
_TRIGGER = """CREATE FUNCTION pressrun.tell_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('pressrun_events', NEW.operation_id || ' ' || NEW.seq); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT ON pressrun.events FOR EACH ROW EXECUTE FUNCTION pressrun.tell_event()"""
_NO_TRIGGER = "DROP TRIGGER IF EXISTS tell ON pressrun.events; DROP FUNCTION IF EXISTS pressrun.tell_event()"


def measure(folder: Path) -> Iterator[Figure]:
    binaries = find_binaries()
    if binaries is None:
        print("no Postgres here: apt-get install postgresql", file=sys.stderr)
        return
    with start_postgres(binaries, durable=True) as postgres:
        yield from anyio.run(_starts, postgres.database("starts"))
        for where, medium in ((folder, "SQLite"), (postgres.database("line"), "Postgres")):
            for waiting in (1_000, 10_000):
                promoted_s = anyio.run(_promote_s, where, waiting)
                target = 20 if waiting == 1_000 else 30
                yield Figure(
                    f"{medium}: promote with {waiting} waiting", promoted_s * 1000, "ms", target, "median of 9"
                )
        yield from _begin_rate(postgres)
        yield from anyio.run(_appends, postgres, postgres.database("appends"), binaries)
        yield from _refusals(folder, postgres.database("refusals"))
        late_s = [_hand_back_s(folder / f"left{n}", postgres.database(f"hand-back {n}")) for n in range(3)]
        yield Figure(
            "SIGTERM to the next attempt, after the grace", median(late_s), "s", 0.5, f"worst {max(late_s):.2f}"
        )


async def _starts(url: str) -> list[Figure]:
    """Starts of the database layer beside writers, and the appends of those meanwhile."""
    appends: list[float] = []
    survived = 0

    async def write(core: Core, number: int) -> None:
        run = await core.begin(f"run {number}", lane=f"lane-{number}")
        while True:
            begun_at = time.perf_counter()
            await core.journal.append(run.operation_id, 1, Log(message="x"))
            appends.append((time.perf_counter() - begun_at) * 1000)
            await anyio.lowlevel.checkpoint()

    async with (
        open_core(url, config=_CONFIG) as one,
        open_core(url, owner="2", config=_CONFIG) as other,
        anyio.create_task_group() as tasks,
    ):
        for number in range(_WRITERS):
            tasks.start_soon(write, one if number % 2 else other, number)
        for _ in range(_STARTS):
            async with open_database(url):
                survived += 1
        tasks.cancel_scope.cancel()
    note = f"{len(appends)} appends meanwhile"
    return [
        Figure(
            "starts beside busy servers that succeed", survived, f"of {_STARTS}", _STARTS, note, more_is_better=True
        ),
        Figure("the longest append meanwhile", max(appends), "ms", 100, f"p95 {percentile(appends, 0.95):.1f}"),
    ]


def _fill(connection: Connection, names: list[str], lane: str) -> None:
    common = {
        "lane": lane, "caller": "local", "route": "/", "on_disconnect": "continue", "priority": 0, "status": "queued",
        "progress": 0, "attempt": 1, "crashes": 0, "handed_back": False, "last_seq": 0, "pinned": False,
        "created_at": datetime.now(UTC), "line_number": 1,
    }  # fmt: skip
    numbered = enumerate(names, start=1)
    rows = [{**common, "operation_id": name, "fingerprint": name, "turn": turn} for turn, name in numbered]
    connection.execute(insert(runs), rows)
    connection.execute(insert(specs), [{"operation_id": name, "spec": "{}"} for name in names])


async def _promote_s(where: Path | str, waiting: int) -> float:
    """The transaction that holds the lane; with a run begun in each."""
    took = []
    lane = f"lane-{waiting}"
    async with open_core(where, config=_CONFIG) as core:
        running = (await core.begin(f"running {waiting}", lane=lane)).operation_id
        await core.database.write(_fill, [core.ids.new() for _ in range(waiting)], lane)
        there, here = core.guard._promote_there, partial(core.journal.transact, core.guard._promote)
        promote = there if core.database.decides else here
        for _ in range(9):
            await core.guard.end_run(running)
            begun_at = time.perf_counter()
            (running,), _ = await promote(lane)
            took.append(time.perf_counter() - begun_at)
    return median(took)


def _begin_rate(postgres: Postgres) -> Iterator[Figure]:
    """Begin + end a second, over all processes, each at lanes of its own; and what each costs, however busy it is here.

    The latter with connections and functions that are new to each process.
    """
    url = postgres.database("begin")
    before_s = _cpu_of_family_s(postgres.pid)
    command = [sys.executable, "-m", "benchmarks.cluster", "begin", url, str(_BEGIN_S)]
    processes = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE) for n in range(_PROCESSES)]
    ended = [process.communicate()[0].split() for process in processes]
    backends_s = _cpu_of_family_s(postgres.pid) - before_s
    done = sum(int(count) for count, _ in ended)
    note = f"{_PROCESSES} processes x {_LANES} lanes, load {os.getloadavg()[0]:.0f}"
    yield Figure("Postgres: begin + end a second", done / _BEGIN_S, "/s", 400, note, more_is_better=True)
    ours_s = sum(float(cpu_s) for _, cpu_s in ended)
    yield Figure("CPU of a begin and an end, our processes", ours_s / done * 1000, "ms")
    yield Figure("CPU of a begin and an end, Postgres", backends_s / done * 1000, "ms")


def _cpu_of_family_s(pid: int) -> float:
    """CPU seconds of a process, of its children, and of those that it had."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[1]) == pid:
            ticks += sum(map(int, fields[11:13]))
        elif int(path.parent.name) == pid:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


async def _begin(url: str, seconds: float, process: str) -> None:
    done = 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    async def work(core: Core, lane: str) -> None:
        nonlocal done
        number = 0
        while time.monotonic() < ends_at:
            number += 1
            await core.complete(await core.begin(f"{lane} {number}", lane=lane))
            done += 1

    async with open_core(url, owner=process, config=_CONFIG) as core, anyio.create_task_group() as tasks:
        ends_at, begun_s = time.monotonic() + seconds, time.process_time()
        for number in range(_LANES):
            tasks.start_soon(work, core, f"lane-{process}-{number}")
    print(done, time.process_time() - begun_s)


async def _appends(postgres: Postgres, url: str, binaries: Path) -> list[Figure]:
    """Appends a second of 32 connections: without wake-ups, with ours, and with NOTIFY in their commits."""
    rates: dict[str, list[float]] = {"without": [], "notifier": [], "in the commit": []}
    uri = url.replace("+psycopg", "")
    async with open_core(url, config=_CONFIG) as core:
        names = [f"{number:036}" for number in range(1, 501)]
        await core.database.write(_fill, names, "lane")
        for _ in range(_ROUNDS):
            rates["without"].append(await _pgbench(uri, binaries))
            async with _listening(uri), _telling(core, names):
                rates["notifier"].append(await _pgbench(uri, binaries))
            with psycopg.connect(uri, autocommit=True) as connection:
                connection.execute(_TRIGGER)
            async with _listening(uri):
                rates["in the commit"].append(await _pgbench(uri, binaries))
            with psycopg.connect(uri, autocommit=True) as connection:
                connection.execute(_NO_TRIGGER)
    ratios = {
        name: median(mine / bare for mine, bare in zip(rates[name], rates["without"], strict=True)) for name in rates
    }
    rate = median(rates["without"])
    return [
        Figure(
            f"{_APPENDERS} writers, appends without wake-ups", rate, "/s", note=f"{_LISTENERS} listeners in the others"
        ),
        Figure("the same with wake-ups / without", ratios["notifier"], "x", 0.9, more_is_better=True),
        Figure("the same with NOTIFY in the commit / without", ratios["in the commit"], "x", note="as it was"),
    ]


async def _pgbench(uri: str, binaries: Path) -> float:
    script = anyio.Path(f"/tmp/pressrun-append-{os.getpid()}.sql")
    await script.write_text(_APPEND)
    program = binaries / "pgbench"
    command = [str(program), uri, "-n", "-M", "prepared", "-c", str(_APPENDERS), "-j", "2", "-T", str(_APPEND_S)]
    done = await anyio.run_process([*command, "-f", str(script)])
    await script.unlink()
    found = re.search(rb"tps = ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])


@asynccontextmanager
async def _listening(uri: str) -> AsyncIterator[None]:
    """As the other processes would."""

    async def listen() -> None:
        async with await psycopg.AsyncConnection.connect(uri, autocommit=True) as connection:
            await connection.execute("LISTEN pressrun_events")
            async for _ in connection.notifies():
                pass

    async with anyio.create_task_group() as tasks:
        for _ in range(_LISTENERS):
            tasks.start_soon(listen)
        yield
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def _telling(core: Core, names: list[str]) -> AsyncIterator[None]:
    """As four busy processes would: each has something to tell of many runs, always."""

    async def tell(notifier: Notifier) -> None:
        while True:
            for name in names[:100]:
                notifier.committed(name, 1)
            await anyio.sleep(0.01)

    async with anyio.create_task_group() as tasks:
        for _ in range(_SENDERS):
            notifier = Notifier(core.database)
            tasks.start_soon(Background().for_ever, NOTIFY, notifier.tell_next)
            tasks.start_soon(tell, notifier)
        yield
        tasks.cancel_scope.cancel()


def _refusals(folder: Path, url: str) -> Iterator[Figure]:
    """The same 409 from a server on each."""
    rates: dict[str, list[float]] = {"SQLite": [], "Postgres": []}
    body = {"text": chapter(200, "long")}
    env = {"PRESSRUN_DATABASE_URL": url}
    with start_server(folder / "on-sqlite") as sqlite, start_server(folder / "on-postgres", **env) as on_postgres:
        for server in (sqlite, on_postgres):
            prefer = {"Prefer": "respond-async"}
            httpx.post(server.url + "/lanes/default/pause").raise_for_status()
            httpx.post(
                server.url + "/generate-sse", json={**body, "on_busy": "queue"}, headers=prefer
            ).raise_for_status()
        for _ in range(_ROUNDS):
            for name, server in (("SQLite", sqlite), ("Postgres", on_postgres)):
                rates[name].append(hammer(server.port, lambda _: post("Seas"), b" 409 ")[0])
    for name, measured in rates.items():
        yield Figure(f"{name}: 409, answers a second", median(measured), "/s", note="100 connections, one body")
    ratio = median(mine / theirs for mine, theirs in zip(rates["Postgres"], rates["SQLite"], strict=True))
    yield Figure("409 on Postgres / on SQLite", ratio, "x", 0.6, more_is_better=True)


def _hand_back_s(folder: Path, url: str) -> float:
    """From the end of the grace of a server that is told to stop to the next attempt, read from the other one."""
    env = {"PRESSRUN_DATABASE_URL": url, "PRESSRUN_SHUTDOWN_GRACE_S": str(_GRACE_S)}
    folder.mkdir()
    with start_server(folder / "data", **env) as left, start_server(folder / "data", **env) as right:
        with httpx.Client(base_url=left.url, timeout=60) as http, posting(http, text=chapter(60)) as (_, events):
            first = next(event for event in events if event["type"] == "screenshot")
        path = f"/runs/{first['operation_id']}/events"
        os.kill(left.pid, 15)
        told_at = time.monotonic()
        with httpx.Client(base_url=right.url, timeout=60) as http, http.stream("GET", path) as answer:
            next(event for event in events_of(answer) if event["type"] == "started" and event["attempt"] == 2)
            return time.monotonic() - told_at - _GRACE_S


if __name__ == "__main__":
    anyio.run(_begin, sys.argv[2], float(sys.argv[3]), sys.argv[4])
