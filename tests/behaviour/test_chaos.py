"""The short form of `make chaos`: the real server killed at named places and random instants, and one judge."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ai_server import MODEL, ai_server
from tests.support.chaos.nursery import Nursery, open_nursery
from tests.support.chaos.storm import Storm
from tests.support.chaos.witness import wait_until
from tests.support.postgres import find_binaries, start_postgres
from tests.support.runs import chapter

pytestmark = [pytest.mark.chromium, pytest.mark.slow]
# one for each thing that can be half done; the others are in `make chaos`
_POINTS = (
    "admit.committed",
    "slide.written/1",
    "publish.renamed/1",
    "finish.in_transaction/1",
)
_RANDOM_KILLS = 6


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with open_nursery() as nursery:
        yield nursery


@pytest.mark.promise("chaos")
def test_killed_at_named_places_and_anywhere_every_run_has_one_story_one_end_and_one_folder(
    nursery: Nursery, tmp_path: Path
) -> None:
    storm = Storm(nursery, tmp_path)
    chance = random.Random(4)  # the instants differ all the same: they are of the wall clock
    try:
        for point in _POINTS:
            storm.strike_at(point)
        for _ in range(_RANDOM_KILLS):
            storm.strike_anywhere(chance, lanes=2)
        storm.settle()
    finally:
        storm.server.kill()
    assert storm.verdict() == []
    assert sum(storm.world().captures.values()) > len(_POINTS)


@pytest.mark.promise("crash")
def test_an_answer_of_the_ai_that_is_checkpointed_is_not_paid_for_again(nursery: Nursery, tmp_path: Path) -> None:
    with ai_server() as endpoint:
        env = {"PRESSRUN_AI_BASE_URL": endpoint.url, "PRESSRUN_AI_MODEL": MODEL}
        storm = Storm(nursery, tmp_path, env=env, body={"composer": "ai", "use_cache": False})
        try:
            storm.strike_at("compose.checkpointed/1")
            storm.settle()
        finally:
            storm.server.kill()
        assert storm.verdict() == []
        assert [run.attempt for run in storm.world().runs] == [2]
        assert len(endpoint.requests) == 1


@pytest.mark.promise("chaos")
@pytest.mark.usefixtures("postgres")  # to be skipped where it is, but crashed is one of its own
def test_a_run_outlives_three_crashes_of_its_database_as_if_nothing_were_and_then_one_of_its_server(
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
            assert wait_until(lambda: len(poster.story.events) > 6, 30)
            storm.read(poster)
            for _ in range(3):
                storm.restart_database(own)
                seen = len(poster.story.events)
                assert wait_until(lambda: len(poster.story.events) > seen + 3, 30), "it did not go on"
            assert [run.attempt for run in storm.world().runs] == [1], "nobody has died yet"
            storm.kill()
            storm.settle()
        finally:
            for server in storm.fleet:
                server.kill()
        assert storm.verdict() == []
        assert [run.status for run in storm.world().runs] == ["complete"]
