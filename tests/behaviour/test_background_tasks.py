"""Every background task of a real server raises once, and for ever; and what happens when one tears the server down."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pressrun.background_tasks import (
    CUT_OFF,
    HEARTBEAT,
    LEASE,
    LISTEN,
    LOOK,
    NOTIFY,
    RECONCILE,
    SUCCEED,
    TASKS,
    WAKEUPS,
    BackgroundTask,
)
from pressrun.settings import new_webhook_secret
from tests.support.limits import HANG_S
from tests.support.postgres import Postgres
from tests.support.processes import children_of
from tests.support.runs import cancel, chapter, check_events, follow, run_to_end, starting, wait_for_status, wait_until
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

ON_POSTGRES = (LISTEN, NOTIFY, SUCCEED, LOOK, CUT_OFF, WAKEUPS, HEARTBEAT)
ANYWHERE = tuple(task for task in TASKS if task not in ON_POSTGRES)
# Those that are another one's remedy (or, LEASE, whose failure is the run's) fail for ever in servers of their own.
APART = (RECONCILE, LEASE)


@dataclass(frozen=True)
class Told:
    """What a server said of itself after its background tasks had failed."""

    failures: dict[str, float]
    log: list[dict[str, object]]
    ends: list[str]
    unready: str
    for_ever: bool

    def lines_of(self, task: BackgroundTask) -> int:
        told = [line for line in self.log if line["event"] == "a background task failed" and line["task"] == task.name]
        return len({line.get("of") for line in told}) if len(told) == len({line.get("of") for line in told}) else -1


def failures_of(http: httpx.Client) -> dict[str, float]:
    families = text_string_to_metric_families(http.get("/metrics").raise_for_status().text)
    samples = [sample for family in families for sample in family.samples]
    return {s.labels["task"]: s.value for s in samples if s.name == "pressrun_background_failures_total"}


def armed(tasks: Sequence[BackgroundTask], at: str) -> dict[str, str]:
    orders = ";".join(f"background.{task.name}:{at}=EIO" for task in tasks)
    return {"PRESSRUN_ENV": "test", "PRESSRUN_FAILPOINTS": orders, "PRESSRUN_WEBHOOK_SECRET": new_webhook_secret()}


def live_through(server: Server, tasks: Sequence[BackgroundTask], at: str) -> Told:
    """Runs, a cancel, a browser that dies, a visitor who asks nothing: what gives each task something to do."""
    with (
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
        socket.create_connection(("127.0.0.1", server.port)),
    ):
        ends = [run_to_end(http, text=chapter(2, "first"))[-1]["type"]]
        with starting(http, text=chapter(30, "cancelled")) as (_, events):
            operation_id = next(events)["operation_id"]
            cancel(http, operation_id)
        ends.append(wait_for_status(http, operation_id, "cancelled")["status"])
        for pid in children_of(server.pid):
            if b"--headless" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        ends.append(run_to_end(http, text=chapter(2, "second"))[-1]["type"])
        again_and_again = [task.name for task in tasks if task.essential and at == "*"]
        wait_until(lambda: all(failures_of(http)[task.name] for task in tasks))
        wait_until(lambda: all(failures_of(http)[name] >= 3 for name in again_and_again))
        assert http.get("/livez").json() == {
            "status": "ok",
            "checks": {"lifespan": "ok", "database_threads": "ok", "engine": "ok"},
        }
        unready = http.get("/readyz").json()["checks"]["background"]
        return Told(failures_of(http), [json.loads(line) for line in server.log.splitlines()], ends, unready, at == "*")


@contextmanager
def failing(folder: Path, tasks: Sequence[BackgroundTask], at: str, **env: str) -> Iterator[Told]:
    with start_server(folder / "data", **armed(tasks, at), **env) as server:
        yield live_through(server, tasks, at)


@pytest.fixture(scope="module", params=["once", "for ever"])
def anywhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    tasks, at = ([task for task in ANYWHERE if task not in APART], "*")
    if request.param == "once":
        tasks, at = [task for task in ANYWHERE if task is not LEASE], "1"
    with failing(tmp_path_factory.mktemp("server"), tasks, at) as told:
        yield told


@pytest.fixture(scope="module", params=["once", "for ever"])
def on_postgres(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[Told]:
    url = postgres.database(f"background {request.param}")
    at = "1" if request.param == "once" else "*"
    with failing(tmp_path_factory.mktemp("server"), ON_POSTGRES, at, PRESSRUN_DATABASE_URL=url) as told:
        yield told


@pytest.mark.promise("background")
@pytest.mark.parametrize("task", [task for task in ANYWHERE if task not in APART], ids=lambda task: task.name)
def test_a_task_that_fails_is_counted_told_once_and_the_server_goes_on(anywhere: Told, task: BackgroundTask) -> None:
    assert anywhere.failures[task.name] >= 1
    assert anywhere.lines_of(task) >= 1, "each of its kind is told of once"
    assert anywhere.ends == ["complete", "cancelled", "complete"]
    assert (task.name in anywhere.unready) == (task.essential and anywhere.for_ever)


@pytest.mark.promise("background")
@pytest.mark.parametrize("task", ON_POSTGRES, ids=lambda task: task.name)
def test_so_it_is_on_postgres(on_postgres: Told, task: BackgroundTask) -> None:
    assert on_postgres.failures[task.name] >= 1
    assert on_postgres.lines_of(task) == 1
    assert on_postgres.ends == ["complete", "cancelled", "complete"]
    assert (task.name in on_postgres.unready) == (task.essential and on_postgres.for_ever)


@pytest.mark.promise("background")
@pytest.mark.parametrize(("task", "end"), [(RECONCILE, "complete"), (LEASE, "error")], ids=["reconcile", "lease"])
def test_so_it_is_with_those_that_others_stand_in_for(tmp_path: Path, task: BackgroundTask, end: str) -> None:
    with (
        start_server(tmp_path / "data", PRESSRUN_BROWSERS="local:2", **armed([task], "*")) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        last = run_to_end(http, text="# One")[-1]
        assert last["type"] == end, last
        if end == "error":
            assert last["code"] == "browser_unavailable"
        wait_until(lambda: failures_of(http)[task.name] >= 3)
        ready = http.get("/readyz")
        assert ready.status_code == 503
        assert task is LEASE or "reconcile fails again and again" in ready.json()["checks"]["background"]
        assert http.get("/livez").is_success
        told = [json.loads(line) for line in server.log.splitlines()]
        assert sum(line["event"] == "a background task failed" for line in told) == 1


@pytest.mark.promise("broken-off")
@pytest.mark.parametrize("task", ["reconcile:2", "browser_watch:2"])
def test_a_server_whose_task_groups_break_hands_its_runs_back_and_ends(tmp_path: Path, task: str) -> None:
    """Whatever leaves its task group: before, the process stayed, said it was well, and refused every run for good."""
    env = {"PRESSRUN_ENV": "test", "PRESSRUN_FAILPOINTS": f"background.{task}=escape"}
    with start_server(tmp_path / "data", **env) as server:
        seen = []
        with (
            httpx.Client(base_url=server.url, timeout=HANG_S) as http,
            starting(http, text=chapter(150, "goes on"), max_screenshots=500) as (_, events),
        ):
            seen += list(events)  # whole: a response that is cut off raises
        assert seen[-1]["type"] not in ("complete", "error", "cancelled")
        assert server.wait() == 1
        assert "a task group of the application has broken" in server.log
    assert "run handed back" in server.log
    with (
        start_again(server) as again,
        httpx.Client(base_url=again.url, timeout=HANG_S) as http,
    ):
        operation_id = seen[0]["operation_id"]
        wait_until(lambda: http.get(f"/runs/{operation_id}").json()["attempt"] == 2)
        cancel(http, operation_id)
        check_events([*seen, *follow(http, operation_id, after=int(seen[-1]["id"]))])


@contextmanager
def start_again(server: Server) -> Iterator[Server]:
    """The same server, as whoever watches over it would start it: without failpoints."""
    again = Server(server.data_dir, server.port, {})
    try:
        again.start()
        yield again
    finally:
        again.stop()
