"""What a crowd costs whoever asks for one thing beside it: list requests by the thousand, a caller that floods."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from sqlalchemy import create_engine, select

from benchmarks.apps import allow_descriptors
from benchmarks.figures import Figure, percentile
from pressrun.api.gate.tokens import new_token
from pressrun.db.tables import runs
from tests.support.flood import flooding
from tests.support.postgres import find_binaries, start_postgres
from tests.support.runs import events_of
from tests.support.server import start_server
from tests.support.storms import cpu_s, crowd, drained, get

_CONNECTIONS = 500
_PIPELINED = 20
_LISTED = 60  # runs there are, so that a list is a full page
_FLOOD_S = 60
_EVERY_S = 2  # so often the quiet one asks
_SCHEMA = {"postgresql+psycopg": "pressrun"}
_LANES = {"quiet": "reject", "default": "queue"}  # of the quiet one, and what it wants where they are busy


def measure(folder: Path) -> Iterator[Figure]:
    allow_descriptors()
    yield from _lists(folder)
    yield from _callers(folder)


def _lists(folder: Path) -> Iterator[Figure]:
    """500 connections that ask for the list 20 times each, without waiting for an answer; beside them a run that
    begins, and a POST that is repeated by its key, whose answer has to be read.
    """
    with start_server(folder / "lists") as server:
        for number in range(_LISTED):
            _started_s(server.url, f"listed {number}")
        alone_s = percentile([_started_s(server.url, f"alone {number}") for number in range(9)], 0.5)
        _started_s(server.url, "again", key="again")
        with crowd(server.port, _CONNECTIONS, get("/runs") * _PIPELINED) as clients, drained(clients):
            begun_s = [_started_s(server.url, f"beside {number}") for number in range(3)]
            again_s = [_started_s(server.url, "again", key="again") for _ in range(3)]
    note = f"{_CONNECTIONS} connections, {_PIPELINED} list requests each, slowest of 3"
    yield Figure("beside list requests: POST to first event", max(begun_s), "s", target=1, note=note)
    yield Figure("beside list requests: POST repeated by its key", max(again_s), "s", target=1)
    yield Figure("the former alone, median", alone_s, "s")


def _callers(folder: Path) -> Iterator[Figure]:
    """One token asks in every way as fast as it can for a minute; another starts a small run now and then."""
    yield from _beside_a_flood("SQLite", folder / "callers")
    binaries = find_binaries()
    if binaries is None:
        print("no Postgres here: apt-get install postgresql", file=sys.stderr)
        return
    with start_postgres(binaries, durable=True) as postgres:
        url = postgres.database("callers")
        yield from _beside_a_flood("Postgres", folder / "callers-on-postgres", PRESSRUN_DATABASE_URL=url)


def _beside_a_flood(name: str, folder: Path, **env: str) -> Iterator[Figure]:
    tokens = {caller: new_token(caller) for caller in ("flood", "quiet")}
    lines = ",".join(line for _, line in tokens.values())
    with start_server(folder, PRESSRUN_TOKENS=lines, **env) as server:
        before_s = cpu_s(server.pid)
        with flooding(server.url, tokens["flood"][0], _FLOOD_S) as flood:
            times = list(_now_and_then(server.url, tokens["quiet"][0]))
        busy = (cpu_s(server.pid) - before_s) / _FLOOD_S
        before = list(_begun_before(env.get("PRESSRUN_DATABASE_URL", f"sqlite:///{folder / 'pressrun.sqlite'}")))
    told = ", ".join(f"{count} x {answer}" for answer, count in sorted(flood.told.items()))
    load = os.getloadavg()[0]
    for lane in _LANES:
        slowest = max(took[lane] for took in times)
        note = f"{len(times)} runs, load {load:.0f}, server {busy:.2f} of a core"
        yield Figure(f"{name}: a quiet caller's run in {lane} begins, slowest", slowest, "s", target=2, note=note)
        yield Figure(f"{name}: the same, p50", percentile([took[lane] for took in times], 0.5), "s")
    note = "between its entry and its start: the one that replaces who runs"
    yield Figure(f"{name}: runs of the flood that begin before it, most", max(n for n, _ in before), "", 1, note)
    note = "not counting the run that runs when it comes"
    yield Figure(f"{name}: its wait in the common line, longest", max(s for _, s in before), "s", 2, note)
    yield Figure(f"{name}: requests of the flood", sum(flood.told.values()) / _FLOOD_S, "a second", note=told)


def _begun_before(url: str) -> Iterator[tuple[int, float]]:
    """Of each run of the quiet one in the common lane: how many of others began between its entry and its start, and
    the seconds from the end of the run that had the slot when it came to its start.
    """
    engine = create_engine(url, execution_options={"schema_translate_map": {None: _SCHEMA.get(url.partition(":")[0])}})
    query = select(runs.c.caller, runs.c.created_at, runs.c.started_at, runs.c.ended_at)
    with engine.connect() as connection:
        found = connection.execute(query.where(runs.c.lane == "default", runs.c.started_at.is_not(None))).all()
    engine.dispose()
    for mine in (row for row in found if row.caller == "quiet"):
        others = [row for row in found if row.caller != "quiet"]
        began = [row for row in others if mine.created_at < row.started_at < mine.started_at]
        held = [row.ended_at for row in others if row.started_at <= mine.created_at and row.ended_at is not None]
        yield len(began), (mine.started_at - max([mine.created_at, *held])).total_seconds()


def _now_and_then(url: str, token: str) -> Iterator[dict[str, float]]:
    """Seconds by lane: its own, refused where that is busy; the common one, in its line."""
    end_at = time.perf_counter() + _FLOOD_S
    while time.perf_counter() < end_at:
        yield {
            lane: _started_s(url, f"quiet {time.perf_counter()}", token=token, lane=lane, on_busy=on_busy)
            for lane, on_busy in _LANES.items()
        }
        time.sleep(_EVERY_S)


def _client(url: str, token: str | None) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"} if token else {})


def _started_s(
    url: str,
    text: str,
    *,
    token: str | None = None,
    lane: str = "default",
    on_busy: str = "reject",
    key: str | None = None,
) -> float:
    """From the POST of a run that makes a document only, on a new connection, to `started`; infinite if refused."""
    begun_at = time.perf_counter()
    body = {"text": text, "outputs": ["html"], "lane": lane, "on_busy": on_busy}
    headers = {"Idempotency-Key": key} if key else {}
    with _client(url, token) as http, http.stream("POST", "/generate-sse", json=body, headers=headers) as answer:
        if not answer.is_success:
            return float("inf")
        took_s = float("inf")
        for event in events_of(answer):
            if event["type"] == "started":
                took_s = min(took_s, time.perf_counter() - begun_at)
    return took_s
