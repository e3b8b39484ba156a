"""A disk that fails now and then: no room at the n-th write, an I/O error at the n-th sync; or it is read-only."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.runs import chapter, check_events, check_folder, run_to_end
from tests.support.server import start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.mark.promise("failing-disk")
@pytest.mark.parametrize(
    ("order", "code"),
    [("store.write:3=ENOSPC", "disk_full"), ("store.sync:3=EIO", "disk_failed"), ("store.sync:1=EIO", "disk_failed")],
)
def test_a_write_that_fails_ends_its_run_and_nothing_else(tmp_path: Path, order: str, code: str) -> None:
    settings = {"PRESSRUN_ENV": "test", "PRESSRUN_FAILPOINTS": order}
    with (
        start_server(tmp_path / "data", **settings) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        told = run_to_end(http, text=chapter(4, order))
        check_events(told)
        assert (told[-1]["type"], told[-1]["code"]) == ("error", code)
        assert http.get("/runs/current").status_code == 204
        assert not list(server.data_dir.glob("batches/*"))
        check_folder(Path(run_to_end(http, text=chapter(4, "after it"))[-1]["folder"]))
    with contextlib.closing(sqlite3.connect(server.data_dir / "pressrun.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system of its own can only be mounted by root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_data_folder_that_can_only_be_read_is_refused_at_start_with_what_to_set(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(AssertionError, match="set PRESSRUN_DATA_DIR to a folder of yours"), start_server(disk):
        pass
