"""What a server keeps is its user's alone: another user of the machine opens nothing of it, whatever the umask."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pressrun.data_folder import close_to_others, make_data_folder, open_to_others
from tests.support.limits import HANG_S
from tests.support.runs import chapter, run_to_end, starting
from tests.support.server import start_server

OTHERS = 0o077
ANYBODY = ("sh", "-c", 'umask 000; exec "$@"', "sh")
SOMEBODY_ELSE = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

as_root = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv")


@pytest.fixture
def home() -> Iterator[Path]:
    """Not pytest's folder: that one is closed already."""
    folder = Path(tempfile.mkdtemp(prefix="pressrun-home-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def seen_by_somebody_else(folder: Path) -> list[str]:
    """Of all there is: what another user may read, or write to, or look into."""
    look = 'for path; do if [ -r "$path" ] || [ -w "$path" ]; then echo "$path"; fi; done'
    paths = [folder, *folder.rglob("*")]
    found = subprocess.run(
        [*SOMEBODY_ELSE, "sh", "-c", look, "sh", *map(str, paths)], check=True, capture_output=True, text=True
    )
    return found.stdout.splitlines()


def open_below(folder: Path) -> list[str]:
    """What is not for its owner alone; a link says nothing."""
    paths = [path for path in [folder, *folder.rglob("*")] if not path.is_symlink()]
    return [str(path) for path in paths if path.exists() and path.stat().st_mode & OTHERS]


@as_root
@pytest.mark.slow
@pytest.mark.chromium
@pytest.mark.promise("private-data")
def test_another_user_opens_nothing_of_a_whole_run(home: Path) -> None:
    scratch = home / "tmp"
    scratch.mkdir()
    scratch.chmod(0o1777)
    outputs = ["html", "images", "pdf", "zip"]
    with (
        start_server(home / "data", ANYBODY, TMPDIR=str(scratch)) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        temporary: list[str] = []
        with starting(http, text=chapter(4), outputs=outputs) as (_, events):
            for event in events:
                temporary += [path for path in open_below(scratch) if path != str(scratch)]
                assert event["type"] != "error", event
        assert temporary == []
        assert seen_by_somebody_else(server.data_dir) == []
        assert open_below(server.data_dir) == []
        names = {path.name for path in server.data_dir.iterdir()}
        assert {"pressrun.sqlite", "pressrun.sqlite-wal", "engine.sqlite", "logs", "batches", "cache"} <= names


@as_root
@pytest.mark.slow
def test_the_folder_of_an_earlier_release_is_closed_at_the_start(home: Path) -> None:
    with start_server(home / "data", ANYBODY) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        assert run_to_end(http, text="# Secret", outputs=["html"])[-1]["type"] == "complete"
    subprocess.run(["chmod", "-R", "go+rwX", home / "data"], check=True)
    assert len(seen_by_somebody_else(home / "data")) > 10
    with start_server(home / "data", ANYBODY) as server:
        assert seen_by_somebody_else(server.data_dir) == []


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_data_folder(tmp_path / "new" / "data")
    finally:
        os.umask(before)
    assert (tmp_path / "new" / "data").stat().st_mode & OTHERS == 0


def test_closing_takes_no_longer_for_what_lies_deep(tmp_path: Path) -> None:
    batch = tmp_path / "batches" / "one"
    batch.mkdir(parents=True)
    for path in (tmp_path, batch.parent, batch):
        path.chmod(0o755)
    assert open_to_others(tmp_path) == [".", "batches"]
    close_to_others(tmp_path)
    assert open_to_others(tmp_path) == []
    assert [path.stat().st_mode & 0o777 for path in (tmp_path, batch.parent, batch)] == [0o700, 0o700, 0o755]


def test_of_a_folder_with_other_things_in_it_only_ours_are_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    mine, ours, link = tmp_path / "letter.txt", tmp_path / "pressrun.sqlite", tmp_path / "cache"
    mine.touch(0o644)
    ours.touch(0o644)
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    link.symlink_to("elsewhere")
    for path in (mine, ours):
        path.chmod(0o644)
    close_to_others(tmp_path)
    assert [path.stat().st_mode & 0o7777 for path in (tmp_path, mine, ours, link)] == [0o1777, 0o644, 0o600, 0o700]
    assert open_to_others(tmp_path) == []


@as_root
def test_a_folder_that_cannot_be_closed_is_told_and_no_obstacle(tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=755,ro", "tmpfs", tmp_path], check=True)
    try:
        close_to_others(tmp_path)
        assert open_to_others(tmp_path) == ["."]
    finally:
        subprocess.run(["umount", tmp_path], check=True)
