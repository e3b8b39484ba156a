"""The short form of `make chaos`: the real server killed at named places and random instants, and one judge."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pressrun.failpoints import AI_POINTS
from tests.support.ai_server import MODEL, ai_server
from tests.support.chaos.storm import EXPORTED, Storm
from tests.support.chaos.tally import tally
from tests.support.chaos.witness import Witness, wait_until
from tests.support.limits import HANG_S
from tests.support.nursery import Nursery
from tests.support.postgres import find_binaries, start_postgres
from tests.support.runs import chapter
from tests.support.server import cold
from tests.support.video_work import needs_ffmpeg

pytestmark = [pytest.mark.chromium, pytest.mark.slow]
# one for each moment that issue 4 names; the others are in `make chaos`
_POINTS = (
    "admit.in_transaction",  # during admission
    "admit.committed",
    "document.written/1",  # in each stage, between the write and the event
    "store.before_rename:2/1",  # during the rename of a slide
    "slide.written/1",
    "export.written/1",  # and its note
    "export.kept/1",
    "publish.before_rename/1",  # during the rename of the batch
    "publish.renamed/1",
    "finish.in_transaction/1",  # the end of the run, with its slot
    "finish.committed/1",
)
_STRUCK = (("pdf", "video"), ("pptx", "zip"))  # each pair in a run; all of them in `make chaos`
_RANDOM_KILLS = 6
_TWO_PARTS = 24  # chapters: more than ai.compose.PART_CHARS characters, so two answers


@pytest.mark.first
@pytest.mark.promise("chaos")
def test_killed_at_named_places_every_run_has_one_story_one_end_and_one_folder(
    nursery: Nursery, tmp_path: Path
) -> None:
    storm = Storm(nursery, tmp_path)
    try:
        for point in _POINTS:
            storm.strike_at(point)
        storm.settle()
    finally:
        storm.server.kill()
    assert storm.verdict() == []
    assert len(storm.history.killed_at) == len(_POINTS)
    assert set(tally(storm.history, storm.world()).values()) == {0}


@pytest.mark.first
@pytest.mark.promise("chaos")
def test_killed_anywhere_every_run_has_one_story_one_end_and_one_folder(nursery: Nursery, tmp_path: Path) -> None:
    storm = Storm(nursery, tmp_path, browsers=2)
    chance = random.Random(4)  # the instants differ all the same: they are of the wall clock
    try:
        for _ in range(_RANDOM_KILLS):
            storm.strike_anywhere(chance, lanes=2)
        storm.settle()
    finally:
        storm.server.kill()
    assert storm.verdict() == []
    assert sum(storm.world().captures.values()) > 0


@needs_ffmpeg
@pytest.mark.first
@pytest.mark.promise("chaos")
def test_killed_in_an_export_what_is_finished_is_not_made_again_and_no_file_is_half(
    nursery: Nursery, tmp_path: Path
) -> None:
    storm = Storm(nursery, tmp_path)
    chance = random.Random(14)
    try:
        for outputs in _STRUCK:
            storm.strike_in(outputs, chance)
        storm.settle()
    finally:
        storm.server.kill()
    assert storm.verdict() == []
    world = storm.world()
    assert set(tally(storm.history, world).values()) == {0}
    runs = {operation_id for operation_id, _ in world.exports}
    assert {run.status for run in world.runs} == {"complete"}
    assert world.exports.keys() == {(operation_id, kind) for operation_id in runs for kind in EXPORTED}
    assert len(runs) == len(_STRUCK)
    assert len(storm.history.killed_at) == sum(map(len, _STRUCK))


@pytest.mark.promise("crash")
@pytest.mark.parametrize("point", [*AI_POINTS, "document.written", "compose.checkpointed"])
def test_an_answer_of_the_ai_that_is_finished_is_not_paid_for_again(
    nursery: Nursery, tmp_path: Path, point: str
) -> None:
    with ai_server() as endpoint:
        env = {"PRESSRUN_AI_BASE_URL": endpoint.url, "PRESSRUN_AI_MODEL": MODEL, **cold()}
        asked = {"composer": "ai", "use_cache": False, "outputs": ["html"]}
        storm = Storm(nursery, tmp_path, env=env, body={"text": chapter(_TWO_PARTS), **asked})
        try:
            storm.strike_at(f"{point}/1")
            storm.settle()
        finally:
            storm.server.kill()
        assert storm.verdict() == []
        assert [(run.attempt, run.status) for run in storm.world().runs] == [(2, "complete")]
        assert len(endpoint.requests) == 2, "the text has two parts"


@pytest.mark.promise("chaos")
@pytest.mark.usefixtures("postgres")  # to be skipped where it is, but crashed is one of its own
def test_three_crashes_of_its_database_cost_a_run_no_attempt_and_then_one_of_its_server_a_single_one(
    nursery: Nursery, tmp_path: Path
) -> None:
    binaries = find_binaries()
    assert binaries is not None
    with start_postgres(binaries, durable=True) as own:
        storm = Storm(nursery, tmp_path, own.database("chaos"), servers=2)
        try:
            for server in storm.fleet:
                server.start()
            poster = storm.post(text=chapter(30, "under it"))
            assert wait_until(lambda: len(poster.story.events) > 6, HANG_S)
            storm.read(poster)
            for _ in range(3):
                storm.restart_database(own)
                assert goes_on(poster), "it did not go on"
            assert [run.attempt for run in storm.world().runs] == [1], "nobody has died yet"
            storm.kill()
            storm.settle()
        finally:
            for server in storm.fleet:
                server.kill()
        assert storm.verdict() == []
        assert [run.status for run in storm.world().runs] == ["complete"]


def goes_on(poster: Witness) -> bool:
    """Whether a few more events come."""
    seen = len(poster.story.events)
    return wait_until(lambda: len(poster.story.events) > seen + 3, HANG_S)
