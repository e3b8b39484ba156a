"""A disk that fails under a running server, by the kernel's own answers: a system call of a kind gets an error
(strace), the data folder becomes read-only, its file system is full; and a kill at the edge of a call.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pressrun.db.sqlite import open_engine_pool, open_writer, use_wal
from tests.support.chaos.storm import Storm
from tests.support.chaos.witness import wait_until as wait_until_it
from tests.support.fault_tools import fill, killing, read_only, small_disk, strace
from tests.support.limits import HANG_S
from tests.support.nursery import Nursery
from tests.support.runs import (
    Event,
    chapter,
    check_events,
    check_folder,
    run_to_end,
    starting,
    wait_until,
    wait_until_admitted,
)
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]
SMALL = {"viewport_width": 320, "viewport_height": 240, "zoom": 0.5}
# what a file system that cannot be written to refuses to those who have their files open already
CHANGES = "pwrite64,fsync,fdatasync,ftruncate,mkdir,mkdirat,?rename,renameat,renameat2,?unlink,unlinkat"
RENAMES = "?rename,renameat2"
UNAVAILABLE = 503


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("failing") / "data") as server:
        httpx.get(server.url + "/readyz", timeout=HANG_S).raise_for_status()  # so its browsers are not under strace
        yield server


def integrity_of(data_dir: Path) -> list[str]:
    found = []
    for name in ("pressrun.sqlite", "engine.sqlite"):
        with contextlib.closing(sqlite3.connect(data_dir / name)) as database:
            found.append(database.execute("PRAGMA integrity_check").fetchone()[0])
    return found


@pytest.mark.promise("failing-disk")
@pytest.mark.parametrize(
    ("calls", "error", "code"),
    [
        ("pwrite64", "ENOSPC", "disk_full"),  # what SQLite writes with, and nobody else
        ("pwrite64", "EIO", "disk_failed"),
        ("fdatasync", "EIO", "disk_failed"),  # its syncs
        ("fsync", "EIO", "disk_failed"),  # those of what a run makes
        ("fsync", "ENOSPC", "disk_full"),
        (RENAMES, "EROFS", "disk_failed"),
        (RENAMES, "ENOSPC", "disk_full"),
    ],
)
def test_a_run_whose_next_system_call_fails_ends_with_its_code_and_takes_nothing_with_it(
    server: Server, calls: str, error: str, code: str
) -> None:
    """The next of its kind in each thread, from several moments of a run on."""
    batches = server.data_dir / "batches"
    inject = (f"trace={calls}", f"inject={calls}:error={error}:when=1")
    # strace may hold the server for longer than a connection that nobody uses is kept
    unkept = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=server.url, timeout=HANG_S, limits=unkept) as http:
        wait_until_admitted(http)
        if calls in ("pwrite64", "fdatasync"):
            with strace(server.pid, *inject):
                refused = http.post("/generate-sse", json={"text": "# Refused"})
            assert refused.json()["code"] == code
        for moment in ("started", "screenshot"):
            for again in range(5):  # a run that has ended before strace holds on to the server says nothing
                wait_until_admitted(http)  # the end of the one before may have taken the reserve
                before = set(batches.iterdir())
                with starting(http, text=chapter(20, f"{calls} {error} {moment} {again}"), **SMALL) as (_, events):
                    told = list(until(events, moment))
                    with strace(server.pid, *inject):
                        # what is published is current until its end is written
                        is_in_time = set(batches.iterdir()) == before and told[-1]["type"] == moment
                        is_in_time &= http.get("/runs/current").status_code == httpx.codes.OK
                        told += events
                if is_in_time:
                    break
            check_events(told)
            assert (told[-1]["type"], told[-1].get("code"), set(batches.iterdir())) == ("error", code, before)
        assert http.get("/runs/current").status_code == httpx.codes.NO_CONTENT
        assert integrity_of(server.data_dir) == ["ok", "ok"]
        wait_until(lambda: http.get("/readyz").is_success)
        check_folder(Path(run_to_end(http, text=f"# After {calls} {error}", **SMALL)[-1]["folder"]))


def until(events: Iterator[Event], moment: str) -> Iterator[Event]:
    for event in events:
        yield event
        if event["type"] == moment:
            return


@pytest.mark.promise("failing-disk")
def test_a_server_whose_data_folder_becomes_read_only_says_so_and_goes_on_when_it_can(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "disk", "128m") as disk,
        start_server(disk / "data") as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        kept = Path(run_to_end(http, text="# Before", **SMALL)[-1]["folder"])
        with starting(http, text=chapter(60, "under it"), max_screenshots=60, **SMALL) as (_, events):
            told = [next(events)]
            while told[-1]["type"] != "screenshot":
                told.append(next(events))
            with read_only(disk), strace(server.pid, f"trace={CHANGES}", f"inject={CHANGES}:error=EROFS"):
                ready = http.get("/readyz")
                assert (ready.status_code, ready.json()["status"]) == (UNAVAILABLE, "unavailable")
                assert "read-only" in ready.json()["checks"]["disk"]
                refused = http.post("/generate-sse", json={"text": "# Refused", "lane": "other"})
                assert (refused.status_code, refused.json()["code"]) == (UNAVAILABLE, "disk_failed")
                assert "retry-after" in refused.headers
                assert http.get("/livez").is_success
                assert http.get(f"/runs/{told[0]['operation_id']}").json()["status"] == "running"
                check_folder(kept)
            told += events
        check_events(told)
        assert (told[-1]["type"], told[-1]["code"]) == ("error", "disk_failed")
        assert http.get("/readyz").json()["checks"]["disk"] == "ok"
        assert http.get("/runs/current").status_code == httpx.codes.NO_CONTENT
        assert run_to_end(http, text="# After", **SMALL)[-1]["type"] == "complete"
        http.post(f"/runs/{told[0]['operation_id']}/retry").raise_for_status()
        wait_until(lambda: http.get(f"/runs/{told[0]['operation_id']}").json()["status"] == "complete")
        assert integrity_of(server.data_dir) == ["ok", "ok"]


@pytest.mark.promise("failing-disk")
@pytest.mark.parametrize("open_pool", [open_writer, lambda path: open_engine_pool(path, 4)])
def test_no_connection_that_was_made_while_the_disk_was_read_only_stays_so(
    tmp_path: Path, open_pool: Callable[[Path], Engine]
) -> None:
    with small_disk(tmp_path / "disk", "16m") as disk:
        use_wal(disk / "some.sqlite")
        pool = open_pool(disk / "some.sqlite")
        with pool.begin() as first:  # as in a server that is up: files and shared memory are there
            first.exec_driver_sql("CREATE TABLE t (x)")
            first.commit()
            with read_only(disk), pytest.raises(OperationalError, match="readonly"), pool.connect():
                pass
            with pool.begin() as second:
                second.exec_driver_sql("INSERT INTO t VALUES (1)")
        pool.dispose()


@pytest.mark.promise("full-disk")
def test_a_server_whose_disk_is_full_is_not_ready_until_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "48m") as disk, start_server(disk / "data") as server:
        ballast = fill(disk)
        ready = httpx.get(server.url + "/readyz", timeout=HANG_S)
        assert (ready.status_code, ready.headers["retry-after"]) == (UNAVAILABLE, "5")
        assert "full" in ready.json()["checks"]["disk"]
        ballast.unlink()
        wait_until(lambda: httpx.get(server.url + "/readyz", timeout=HANG_S).is_success)


@pytest.mark.promise("chaos")
def test_killed_at_a_rename_or_a_sync_every_run_has_one_story_one_end_and_one_folder(
    nursery: Nursery, tmp_path: Path
) -> None:
    """A kill at the edge of a system call, wherever in the product or its libraries that is made."""
    storm = Storm(nursery, tmp_path)
    try:
        for calls, after in ((RENAMES, 1), (RENAMES, 12), ("fsync", 8), ("fdatasync", 4)):
            assert storm.restart(), storm.server.log[-4000:]
            poster = storm.post(text=chapter(20, f"{calls} {after}"))
            assert wait_until_it(lambda poster=poster, after=after: len(poster.story.events) >= after, 30)
            storm.read(poster)
            with killing(storm.server.pid, calls):
                pass
            storm.note_kill()
        storm.settle()
    finally:
        storm.server.kill()
    assert storm.verdict() == []
    assert len(storm.history.killed_at) == 4
