"""A data folder that somebody breaks while the server runs: the run ends as what it is, the server goes on."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.runs import chapter, check_events, run_to_end, starting, wait_for_status
from tests.support.server import cold, start_server

pytestmark = [pytest.mark.slow, pytest.mark.promise("broken-data-folder")]
ASYNC = {"Prefer": "respond-async"}


def test_a_run_whose_folder_cannot_be_made_ends_at_once_and_frees_its_slot(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", **cold()) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        staging = server.data_dir / "staging"
        shutil.rmtree(staging)
        staging.write_text("in the way")
        told = run_to_end(http, text="nowhere to write", outputs=["html"])
        check_events(told)
        assert (told[-1]["type"], told[-1]["code"]) == ("error", "internal")
        assert http.get("/runs/current").status_code == 204
        staging.unlink()
        staging.mkdir()
        assert run_to_end(http, text="nowhere to write", outputs=["html"])[-1]["type"] == "complete"


@pytest.mark.chromium
def test_a_database_that_another_program_holds_for_long_stops_neither_server_nor_queue(tmp_path: Path) -> None:
    """Longer than SQLite waits (5 s): whatever the server wanted to write in that time has failed."""
    with start_server(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        database = sqlite3.connect(server.data_dir / "pressrun.sqlite", isolation_level=None)
        with contextlib.closing(database), starting(http, text=chapter(20, "first")) as (_, events):
            first = next(events)["operation_id"]
            waiting = http.post("/generate-sse", json={"text": "second", "on_busy": "queue"}, headers=ASYNC).json()
            database.execute("BEGIN IMMEDIATE")
            held_since = time.monotonic()
            while time.monotonic() < held_since + 11:  # the run's next event waits 5 s in vain, then the watch does
                assert http.get("/livez").is_success
                time.sleep(0.1)
            database.execute("ROLLBACK")
        wait_for_status(http, first, "complete", "error", limit_s=60)
        wait_for_status(http, waiting["operation_id"], "complete")
        assert run_to_end(http, text="after it", outputs=["html"])[-1]["type"] == "complete"


def test_a_request_that_meets_a_locked_database_is_told_to_try_again(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", **cold()) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        database = sqlite3.connect(server.data_dir / "pressrun.sqlite", isolation_level=None)
        with contextlib.closing(database):
            database.execute("BEGIN IMMEDIATE")
            answer = http.post("/generate-sse", json={"text": "refused", "outputs": ["html"]})
            database.execute("ROLLBACK")
        assert (answer.status_code, answer.json()["code"]) == (503, "server_busy")
        assert run_to_end(http, text="refused", outputs=["html"])[-1]["type"] == "complete"


@pytest.mark.chromium
def test_a_run_that_the_engine_does_not_take_up_again_ends_and_frees_its_slot(tmp_path: Path) -> None:
    """As with an engine file from a backup, or of another installation."""
    with start_server(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text=chapter(80, "left alone"), max_screenshots=80) as (_, events):
            begun = next(event for event in events if event["type"] == "progress")  # so the engine has it
            operation_id = begun["operation_id"]
            server.kill()
        with contextlib.closing(sqlite3.connect(server.data_dir / "engine.sqlite")) as engine, engine:
            engine.execute("UPDATE workflow_status SET executor_id = 'another one'")
        server.start()
        run = wait_for_status(http, operation_id, "error", limit_s=30)
        assert (run["error"]["code"], run["error"]["retryable"]) == ("crashed", True)
        assert run_to_end(http, text="the slot is free", outputs=["html"])[-1]["type"] == "complete"
