"""A server without runs sleeps, from the start on and again after its runs; on SQLite and on Postgres."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.postgres import Postgres
from tests.support.processes import wakes_of
from tests.support.runs import run_to_end
from tests.support.server import start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

WINDOW_S = 3
MOST_WAKES = 2 * WINDOW_S


def until_asleep(pid: int) -> None:
    """Counts, and times nothing: however slow the machine, one that polls never gets there."""
    deadline = time.monotonic() + 60
    wakes = MOST_WAKES + 1
    while wakes > MOST_WAKES:
        assert time.monotonic() < deadline, f"{wakes} wakes in {WINDOW_S} s"
        before = wakes_of(pid)
        time.sleep(WINDOW_S)  # what is counted is what happens meanwhile
        wakes = wakes_of(pid) - before


@pytest.mark.promise("idle")
@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_an_idle_server_wakes_at_most_twice_a_second(
    tmp_path: Path, where: str, request: pytest.FixtureRequest
) -> None:
    env = {}
    if where == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        env["PRESSRUN_DATABASE_URL"] = postgres.database(str(tmp_path))
    with start_server(tmp_path / "data", **env) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        until_asleep(server.pid)
        assert run_to_end(http, text="# One")[-1]["type"] == "complete"
        until_asleep(server.pid)
