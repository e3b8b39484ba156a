"""A server that freezes (SIGSTOP, a paused machine) and thaws when its run has gone on elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.chaos.storm import Storm
from tests.support.chaos.witness import Witness, wait_until
from tests.support.limits import HANG_S
from tests.support.nursery import Nursery
from tests.support.postgres import Postgres
from tests.support.runs import chapter, check_folder, run_to_end

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.fixture
def storm(nursery: Nursery, tmp_path: Path, postgres: Postgres) -> Iterator[Storm]:
    storm = Storm(nursery, tmp_path, postgres.database(str(tmp_path)), servers=2)
    yield storm
    for server in storm.fleet:
        server.kill()


def types_of(witness: Witness) -> list[str]:
    return [event["type"] for event in witness.story.events]


def wait_for_second_attempt(reader: Witness) -> None:
    assert wait_until(lambda: types_of(reader).count("started") == 2, HANG_S), types_of(reader)


def files_of(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.promise("fence")
def test_a_process_frozen_while_it_renders_is_taken_over_and_writes_nothing_when_it_thaws(storm: Storm) -> None:
    frozen, other = storm.fleet
    frozen.start()
    other.start()
    poster = storm.post(text=chapter(40, "frozen"))
    assert wait_until(lambda: "screenshot" in types_of(poster), HANG_S)
    storm.read(poster)
    storm.freeze(frozen)
    reader = storm.witnesses[-1]
    frozen_at = time.monotonic()
    wait_for_second_attempt(reader)
    print(f"taken over after {time.monotonic() - frozen_at:.2f} s")
    storm.thaw(frozen)  # in the midst of the second attempt
    assert reader.over.wait(HANG_S)
    with httpx.Client(base_url=frozen.url, timeout=HANG_S) as http:
        assert run_to_end(http, text="it works on", outputs=["html"])[-1]["type"] == "complete"
    assert "ended the session that shows us alive" in frozen.log
    storm.settle()
    assert storm.verdict() == []


@pytest.mark.promise("fence")
@pytest.mark.parametrize(
    "point", ["adopt.begin", "publish.before_rename", "store.before_rename", "event.in_transaction"]
)
def test_a_process_frozen_at_the_last_moment_changes_nothing_when_it_thaws(storm: Storm, point: str) -> None:
    frozen, other = storm.fleet
    frozen.orders = f"{point}/1=pause"
    frozen.start()
    other.start()
    poster = storm.post(lane="contested")
    storm.wait_until_frozen(frozen)
    storm.read(poster)
    reader = storm.witnesses[-1]
    wait_for_second_attempt(reader)
    assert reader.over.wait(HANG_S)
    folder = storm.data_dir / "batches" / Path(reader.story.events[-1]["folder"]).name
    before = files_of(folder)
    with httpx.Client(base_url=other.url, timeout=HANG_S) as http:  # the slot is another run's now
        holder = http.post(
            "/generate-sse",
            json={"text": chapter(60, "holder"), "lane": "contested", "max_screenshots": 60},
            headers={"Prefer": "respond-async"},
        ).json()["operation_id"]
        storm.thaw(frozen)
        assert poster.over.wait(HANG_S)
        assert http.get("/runs/current", params={"lane": "contested"}).json()["operation_id"] == holder
        http.post(f"/runs/{holder}/cancel").raise_for_status()
        storm.history.cancelled.add(holder)
    storm.settle()
    assert files_of(folder) == before
    assert storm.verdict() == []


@pytest.mark.promise("fence")
def test_a_batch_is_put_in_place_by_the_attempt_that_owns_the_run_and_by_no_other(storm: Storm) -> None:
    """Each server is frozen when all that is left is the rename, and thaws while the run is not published yet."""
    first, second = storm.fleet
    first.orders = "publish.before_rename/1=pause"
    second.orders = "publish.before_rename/2=pause"
    first.start()
    second.start()
    poster = storm.post(lane="contested")
    storm.wait_until_frozen(first)
    storm.read(poster)
    storm.wait_until_frozen(second)
    batches = storm.data_dir / "batches"
    assert (types_of(storm.witnesses[-1]).count("started"), list(batches.iterdir())) == (2, [])
    storm.thaw(first)  # its rename is the next thing it does; then it takes the run over, as anybody would
    assert wait_until(lambda: "the run goes on elsewhere" in first.log, HANG_S)
    assert poster.over.wait(HANG_S)
    folder = batches / Path(poster.story.events[-1]["folder"]).name
    before = files_of(folder)
    assert check_folder(folder)["attempt"] == 3
    storm.thaw(second)
    assert wait_until(lambda: "the run goes on elsewhere" in second.log, HANG_S)
    storm.settle()
    assert files_of(folder) == before
    assert storm.verdict() == []
