"""SIGKILL in the midst of a removal: no run is ever half there, no folder stays behind, nothing else is touched."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.support.fault_tools import killing
from tests.support.limits import HANG_S
from tests.support.runs import chapter, check_events, check_folder, follow, run_to_end, starting, wait_until
from tests.support.server import Server, cold, start_server

pytestmark = pytest.mark.slow
A_SECOND_IN_DAYS = str(1 / 86_400)
MANY_SMALL = {"viewport_width": 320, "viewport_height": 240, "zoom": 1.2}  # some hundred pictures: seconds
RENAMES = "?rename,renameat2"  # of the folder, out of sight
REMOVALS = "unlinkat"  # of the files in it, one by one


@pytest.mark.promise("retention")
@pytest.mark.parametrize("door", ["DELETE", "sweep"])
def test_a_kill_in_the_midst_of_a_removal_leaves_no_half_run_and_no_folder_of_none(tmp_path: Path, door: str) -> None:
    env = {"PRESSRUN_RETENTION_DAYS": A_SECOND_IN_DAYS} if door == "sweep" else {}
    with (
        start_server(tmp_path / "data", **cold(), **env) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        pinned = run_to_end(http, text="# Pinned", outputs=["html"])[-1]["operation_id"]
        http.put(f"/runs/{pinned}/pin").raise_for_status()
        for calls, n in ((RENAMES, 1), (REMOVALS, 1), (REMOVALS, 2)):
            old = [run_to_end(http, text=f"# {calls} {n} {number}", outputs=["html"])[-1] for number in range(2)]
            names = [event["operation_id"] for event in old]
            if door == "sweep":
                wait_until(lambda: len(http.post("/retention?dry_run=1").json()["runs"]) == 2)
            with killing(server.pid, calls, n), contextlib.suppress(httpx.TransportError):
                if door == "sweep":
                    http.post("/retention")
                else:
                    http.delete(f"/runs/{names[0]}")
            server.kill()
            runs, tombstones = tables_of(server)
            assert len(tombstones) == 1
            assert not runs & tombstones
            for run in runs:
                check_folder(folder_of(server, run))
            server.start()
            gone = names if door == "sweep" else names[:1]
            wait_until(lambda gone=gone: is_over(server, gone))  # type: ignore[misc]
            runs, _ = tables_of(server)
            assert {path.name.rpartition("_")[2] for path in (server.data_dir / "batches").iterdir()} == runs
            assert list((server.data_dir / "staging").iterdir()) == []
            assert {path.stem for path in (server.data_dir / "logs").iterdir()} == runs
            assert pinned in runs


@pytest.mark.chromium
@pytest.mark.promise("retention")
def test_a_killed_sweep_takes_nothing_from_a_run_that_is_under_way(tmp_path: Path) -> None:
    env = {"PRESSRUN_RETENTION_DAYS": A_SECOND_IN_DAYS, "PRESSRUN_RETENTION_STAGING_DAYS": A_SECOND_IN_DAYS}
    with start_server(tmp_path / "data", **env) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        run_to_end(http, text="# Old", outputs=["html"])
        with starting(http, text=chapter(30, "living"), **MANY_SMALL) as (_, events):
            told = [event for event, _ in zip(events, range(8), strict=False)]
            wait_until(lambda: http.post("/retention?dry_run=1").json()["runs"] != [])
            with killing(server.pid, REMOVALS), contextlib.suppress(httpx.TransportError):
                http.post("/retention")
        server.kill()
        staged = slides_of(server)
        server.start()
        story = [*told, *follow(http, told[0]["operation_id"], after=len(told))]
        check_events(story)
        folder = Path(story[-1]["folder"])
        check_folder(folder)
        again = [event["type"] for event in story].index("started", 1)
        told_before = {event["filename"] for event in story[:again] if event["type"] == "screenshot"}
        staged = {name: at for name, at in staged.items() if f"slides/{name}" in told_before}
        assert staged
        assert {name: (folder / "slides" / name).stat().st_mtime_ns for name in staged} == staged, "captured again"


def slides_of(server: Server) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in server.data_dir.glob("staging/*/slides/*.png")}


def is_over(server: Server, gone: list[str]) -> bool:
    """Whether these runs are gone, files and all: a row goes before its files, and its grave after them."""
    runs, tombstones = tables_of(server)
    return runs.isdisjoint(gone) and not tombstones


def folder_of(server: Server, run: str) -> Path:
    (folder,) = server.data_dir.glob(f"batches/*_{run}")
    return folder


def tables_of(server: Server) -> tuple[set[str], set[str]]:
    """The runs that are there, and those whose removal is under way."""
    with contextlib.closing(sqlite3.connect(server.data_dir / "pressrun.sqlite")) as database:
        runs, tombstones = (database.execute(f"SELECT operation_id FROM {name}") for name in ("runs", "graves"))
        return {row[0] for row in runs}, {row[0] for row in tombstones}
