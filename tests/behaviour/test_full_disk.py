"""A full disk, made by a small tmpfs and a file that eats what is left of it. Needs to be root, as in a container."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.fault_tools import fill
from tests.support.limits import HANG_S
from tests.support.runs import (
    chapter,
    check_events,
    check_folder,
    follow,
    run_to_end,
    starting,
    wait_for_status,
    wait_until,
    wait_until_admitted,
)
from tests.support.server import start_server
from tests.support.video_work import needs_ffmpeg

pytestmark = [pytest.mark.chromium, pytest.mark.slow]
ON_FULL_DISK = 507


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MB: the reserve of 16 MB, twice of it to take it back, and no more."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a file system of its own can only be mounted by root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.promise("full-disk")
@pytest.mark.parametrize("moment", ["started", "html_generated", "screenshot"])
def test_a_run_on_a_full_disk_ends_as_disk_full_and_frees_its_slot(disk: Path, moment: str) -> None:
    with start_server(disk) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text=chapter(100, moment), max_screenshots=100) as (_, events):
            told = []
            for event in events:
                told.append(event)
                if event["type"] == moment:
                    ballast = fill(disk)
        check_events(told)
        assert (told[-1]["type"], told[-1]["code"]) == ("error", "disk_full")
        assert http.get("/runs/current").status_code == 204
        operation_id = told[-1]["operation_id"]
        left = [path for path in disk.rglob("*") if operation_id in path.name]
        assert {path.parent.name for path in left} <= {"logs"}, "only its log lines stay"
        ballast.unlink()
        wait_until_admitted(http)
        check_folder(Path(run_to_end(http, text="there is room again")[-1]["folder"]))
    with contextlib.closing(sqlite3.connect(disk / "pressrun.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.promise("full-disk")
def test_a_run_that_finds_no_room_to_begin_ends_as_disk_full_and_frees_its_slot(disk: Path) -> None:
    """Its row is there, and the engine's own database cannot take it any more."""
    orders = {"PRESSRUN_ENV": "test", "PRESSRUN_FAILPOINTS": "admit.committed=pause"}
    with (
        start_server(disk, **orders) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
        ThreadPoolExecutor(1) as beside,
    ):
        run = beside.submit(run_to_end, http, text=chapter(2, "no room"))
        wait_until(lambda: _is_stopped(server.pid))
        ballast = fill(disk)
        os.kill(server.pid, signal.SIGCONT)
        end = run.result(HANG_S)[-1]
        assert (end["type"], end["code"]) == ("error", "disk_full")
        assert http.get("/runs/current").status_code == 204
        ballast.unlink()
        wait_until_admitted(http)
        check_folder(Path(run_to_end(http, text="there is room again")[-1]["folder"]))


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


@needs_ffmpeg
@pytest.mark.promise("full-disk")
def test_a_video_that_fills_the_disk_ends_as_disk_full_and_its_retry_is_complete(disk: Path) -> None:
    film = {"outputs": ["video"], "slide_seconds": 2, "on_duplicate": "run"}
    with start_server(disk) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text=chapter(12, "film"), **film) as (_, events):
            told = []
            for event in events:
                told.append(event)
                if event.get("stage") == "export":
                    ballast = fill(disk)
        check_events(told)
        assert (told[-1]["type"], told[-1]["code"]) == ("error", "disk_full")
        assert http.get("/runs/current").status_code == 204
        operation_id = told[-1]["operation_id"]
        ballast.unlink()
        wait_until_admitted(http)
        captured = _captured(http)
        http.post(f"/runs/{operation_id}/retry").raise_for_status()
        run = wait_for_status(http, operation_id, "complete", "error")
        assert run["status"] == "complete", run
        assert _captured(http) == captured, "the pictures are in the capture cache"
        check_folder(Path(follow(http, operation_id)[-1]["folder"]))


def _captured(http: httpx.Client) -> float:
    """How many pictures Chromium has made for this server."""
    (count,) = re.findall(r'^pressrun_capture_seconds_count{format="png"} (\S+)$', http.get("/metrics").text, re.M)
    return float(count)


def test_nothing_new_begins_on_a_full_disk_and_the_answer_says_why(disk: Path) -> None:
    with start_server(disk) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        ballast = fill(disk)
        answer = http.post("/generate-sse", json={"text": "no room"})
        assert (answer.status_code, answer.json()["code"]) == (ON_FULL_DISK, "disk_full")
        assert http.get("/livez").is_success
        ballast.unlink()
        assert run_to_end(http, text="no room")[-1]["type"] == "complete"


def test_a_run_that_is_published_already_is_complete_though_the_disk_filled_up(disk: Path) -> None:
    with start_server(disk) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text="# One slide") as (_, events):
            told = []
            for event in events:
                told.append(event)
                if event.get("stage") == "publish":
                    fill(disk)
        if told[-1]["type"] == "complete":
            check_folder(Path(told[-1]["folder"]))
        else:  # the disk was full before the rename
            assert told[-1]["code"] == "disk_full"
            assert not list(disk.glob("batches/*"))
        assert wait_for_status(http, told[-1]["operation_id"], "complete", "error")["status"] == told[-1]["type"]


def test_retention_removes_old_runs_also_from_a_full_disk(disk: Path) -> None:
    env = {"PRESSRUN_RETENTION_DAYS": str(1 / 86_400)}
    with start_server(disk, **env) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        folder = Path(run_to_end(http, text="# Old")[-1]["folder"])
        wait_until(lambda: http.post("/retention?dry_run=1").json()["runs"] != [])
        fill(disk)
        report = http.post("/retention").raise_for_status().json()
        assert [run["operation_id"] in folder.name for run in report["runs"]] == [True]
        assert not folder.exists()
