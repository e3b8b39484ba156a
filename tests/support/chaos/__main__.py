"""`make chaos`: every named place, kills in each export and 200 random kills; every named place on Postgres, and
Postgres restarted 40 times under two servers, of which one is killed at every second time; two servers killed in turn
beside two that start and stop all the time. Prints a table.

python -m tests.support.chaos [KILLS [OUTAGES]]     0: that storm is left out
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pressrun.failpoints import KILL_POINTS, SIDE_POINTS
from tests.support.chaos.storm import EXPORTED, Storm
from tests.support.chaos.tally import tally
from tests.support.nursery import ForkedServer, Nursery, open_nursery
from tests.support.postgres import Postgres, find_binaries, start_postgres
from tests.support.tls_context import share_tls_context

_KILLS = 200
_OUTAGES = 40
_EXPORT_KILLS = 5
_BROWSERS = 2
_BEFORE_ANY_ATTEMPT = "admit."
Row = dict[str, Any]
_OUT = Path(__file__).parents[3] / "benchmarks" / "out" / "chaos.json"


def main(arguments: list[str]) -> int:
    share_tls_context()
    kills, outages = (int(given) for given in (*arguments, *(_KILLS, _OUTAGES)[len(arguments) :]))
    parts: list[Callable[[], list[Row]]] = []
    parts += [partial(_on_sqlite, kills)] if kills else []
    parts += [partial(_on_postgres, outages)] if outages else []
    with ThreadPoolExecutor() as side_by_side:  # each waits as much as it computes
        rows = [row for part in [side_by_side.submit(part) for part in parts] for row in part.result()]
    _OUT.parent.mkdir(exist_ok=True)
    report = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "storms": rows}
    _OUT.write_text(json.dumps(report, indent=2) + "\n")
    broken = [problem for row in rows for problem in row["problems"]]
    print("\n".join(broken))
    print(f"{len(broken)} promises broken; written to {_OUT}")
    return 1 if broken else 0


def _on_sqlite(kills: int) -> list[Row]:
    with open_nursery() as nursery:
        return [
            _row("SQLite: every named place", nursery, _strike_everywhere),
            _row(f"SQLite: {_EXPORT_KILLS} kills in each export", nursery, _strike_in_exports),
            _row(f"SQLite: {kills} random instants", nursery, partial(_strike_at_random, kills=kills)),
        ]


def _on_postgres(outages: int) -> list[Row]:
    with open_nursery() as nursery, _database() as postgres:
        if postgres is None:
            return []
        places, storm = postgres.database("places"), postgres.database("storm")
        crash = _Under(postgres, outages).crash
        return [
            _row("Postgres: every named place", nursery, partial(_strike_everywhere, but=_ONE_STATEMENT), url=places),
            _row(f"Postgres restarted {outages} times, two servers", nursery, crash, url=storm, servers=2),
            _row(
                f"Postgres: {outages} kills beside two servers that come and go",
                nursery,
                partial(_strike_beside_visitors, kills=outages),
                url=postgres.database("visitors"),
                servers=4,
            ),
        ]


def _row(
    name: str, nursery: Nursery, work: Callable[[Storm], None], *, url: str | None = None, servers: int = 1
) -> Row:
    begun_at = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pressrun-chaos-") as folder:
        storm = Storm(nursery, Path(folder) / "storm", url, servers, browsers=_BROWSERS)
        try:
            work(storm)
            storm.settle()
        finally:
            for server in storm.fleet:
                server.kill()
        problems, world = storm.verdict(), storm.world()
        if problems:
            print(f"{name}: what it left is in {_keep(name, storm)}", flush=True)
    recoveries = sorted(storm.recoveries_s)
    row = {
        "storm": name,
        "kills": len(storm.history.killed_at),
        "stops": len(storm.history.stopped_at),
        "outages": storm.history.outages,
        "runs": len(world.runs),
        "complete": sum(run.status == "complete" for run in world.runs),
        "crashed": sum(run.error == "crashed" for run in world.runs),
        "events": sum(map(len, world.events.values())),
        "readers": len(storm.history.stories),
        "resumed": sum(story.connections - 1 for story in storm.history.stories),
        "captures": sum(world.captures.values()),
        "folders": len(world.folders),
        **tally(storm.history, world),
        "recovery_p50_s": round(recoveries[len(recoveries) // 2], 2) if recoveries else None,
        "recovery_max_s": round(recoveries[-1], 2) if recoveries else None,
        "took_s": round(time.monotonic() - begun_at, 1),
        "problems": problems,
    }
    print("  ".join(f"{key}={value}" for key, value in row.items() if key != "problems"), flush=True)
    return row


def _keep(name: str, storm: Storm) -> Path:
    """Where somebody can look for the reason: all that the storm left but its caches."""
    kept = _OUT.with_name("chaos " + re.sub(r"[^\w ]", "", name))
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(storm.folder, kept, ignore=shutil.ignore_patterns("cache*"), ignore_dangling_symlinks=True)
    (kept / "runs.json").write_text(json.dumps([asdict(run) for run in storm.world().runs], indent=1, default=str))
    return kept


def _strike_everywhere(storm: Storm, but: Collection[str] = ()) -> None:
    for point in KILL_POINTS:
        if point in but:
            continue
        storm.strike_at(point if point.startswith(_BEFORE_ANY_ATTEMPT) else f"{point}/1")
    for point in SIDE_POINTS:
        if point not in but:
            storm.strike_beside(point)


def _strike_at_random(storm: Storm, kills: int) -> None:
    chance = random.Random()
    for _ in range(kills):
        storm.strike_anywhere(chance, lanes=3)


def _strike_in_exports(storm: Storm) -> None:
    chance = random.Random()
    for _ in range(_EXPORT_KILLS):
        for first in range(0, len(EXPORTED), 2):
            storm.strike_in(EXPORTED[first : first + 2], chance)


def _strike_beside_visitors(storm: Storm, kills: int) -> None:
    """Two servers are killed in turn; two others start and stop all the time, and hand back what they have begun."""
    chance = random.Random()
    over = threading.Event()
    with ThreadPoolExecutor() as visitors:
        visiting = [visitors.submit(_come_and_go, storm, server, over) for server in storm.fleet[2:]]
        try:
            for number in range(kills):
                for server in storm.fleet[:2]:
                    if not server.alive and not storm.restart(server=server):
                        storm.history.problems.append(f"a server did not start: {server.log[-300:]}")
                posted = [storm.post() for _ in range(2)]
                time.sleep(chance.uniform(0, 1.0))
                storm.kill(storm.fleet[number % 2])
                for poster in posted:
                    if poster.accepted.wait(30):
                        storm.read(poster)
        finally:
            over.set()
    for visit in visiting:
        visit.result()


def _come_and_go(storm: Storm, server: ForkedServer, over: threading.Event) -> None:
    while not over.is_set():
        server.begin()
        if not server.wait_until_up():
            storm.history.problems.append(f"a server did not start beside others: {server.log[-300:]}")
        over.wait(random.uniform(0.2, 1.5))
        storm.stop(server)


# on Postgres these transactions are a function of the database (db/functions.py): there is nothing to die between
_ONE_STATEMENT = ("admit.in_transaction", "finish.in_transaction", "promote.in_transaction")


class _Under:
    """Two servers on a database that crashes again and again, and they with it in turn."""

    def __init__(self, postgres: Postgres, outages: int) -> None:
        self._postgres = postgres
        self._outages = outages

    def crash(self, storm: Storm) -> None:
        chance = random.Random()
        for number in range(self._outages):
            for server in storm.fleet:
                if not server.alive:
                    server.start()
            posted = [storm.post() for _ in range(2)]
            time.sleep(chance.uniform(0, 1.0))
            storm.restart_database(self._postgres)
            for poster in posted:
                if poster.accepted.wait(30):
                    storm.read(poster)
            if number % 2:
                time.sleep(chance.uniform(0, 1.0))
                storm.kill(storm.fleet[number // 2 % 2])


@contextmanager
def _database() -> Iterator[Postgres | None]:
    binaries = find_binaries()
    if binaries is None:
        print("no Postgres here: apt-get install postgresql", file=sys.stderr)
        yield None
        return
    with start_postgres(binaries, durable=True) as postgres:
        yield postgres


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
