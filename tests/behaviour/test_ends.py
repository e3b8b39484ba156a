"""Whatever cuts a run off after its batch folder is there: it is complete. And before: there is none."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.chaos.storm import Storm
from tests.support.limits import HANG_S
from tests.support.nursery import Nursery
from tests.support.runs import check_events, check_folder, run_to_end
from tests.support.server import start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.mark.promise("ends")
@pytest.mark.parametrize(
    ("deaths", "status"),
    [
        (("publish.renamed/1", "finish.in_transaction/2", "finish.begin/3"), "complete"),
        (("publish.before_rename/1", "publish.before_rename/2", "publish.before_rename/3"), "error"),
    ],
)
def test_a_run_that_dies_a_third_time_while_it_is_published_is_complete_if_and_only_if_its_folder_is_there(
    nursery: Nursery, tmp_path: Path, deaths: tuple[str, ...], status: str
) -> None:
    storm = Storm(nursery, tmp_path)
    try:
        for number, point in enumerate(deaths):
            storm.restart(f"{point}=kill")
            if number == 0:
                storm.read(storm.post())
            storm.die(point)
        storm.settle()
    finally:
        storm.server.kill()
    assert storm.verdict() == []
    (run,) = storm.world().runs
    assert (run.status, run.error) == (status, None if status == "complete" else "crashed")
    assert len(storm.world().folders) == (status == "complete")


@pytest.mark.promise("ends")
def test_a_run_whose_folder_is_there_is_complete_although_its_last_stage_broke(tmp_path: Path) -> None:
    with (
        start_server(tmp_path / "data", PRESSRUN_ENV="test", PRESSRUN_FAILPOINTS="publish.renamed=EIO") as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        story = run_to_end(http, text="# One", outputs=["images", "html", "zip"])
        check_events(story)
        assert story[-1]["type"] == "complete"
        check_folder(Path(story[-1]["folder"]))
        again = run_to_end(http, text="# One", outputs=["images", "html", "zip"], on_duplicate="run")[-1]
    for name in ("screenshot_count", "screenshot_files", "truncated"):
        assert story[-1][name] == again[name]
    assert [file["name"] for file in story[-1]["artifacts"]] == [file["name"] for file in again["artifacts"]]
    assert "stage failed" in server.log
