"""The n-th write of the database fails, for every n of a whole run: nothing acknowledged is lost, nothing is half."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from pressrun.errors import ServerBusy
from pressrun.events.model import Log, Progress
from pressrun.failpoints import arm
from tests.support.core import COMPLETE, PUBLISHING, open_core

pytestmark = pytest.mark.anyio
_WRITES = 6  # begin_run, three times events, seal, finish


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm(None, environment=None)


async def insist(call: Callable[[], Awaitable[object]]) -> int:
    """Until it works; how often it did not."""
    failures = 0
    while True:
        try:
            await call()
        except OSError:
            failures += 1
        else:
            return failures


@pytest.mark.parametrize("n", range(1, _WRITES + 1))
async def test_a_run_whose_nth_write_fails_has_all_its_events_once_and_frees_its_slot(tmp_path: Path, n: int) -> None:
    async with open_core(tmp_path) as core:
        arm(f"database.write:{n}=EIO", environment="test")
        submission = core.submission()
        failures = await insist(lambda: core.guard.admit(submission))
        name = submission.operation_id
        logs = [Log(message=f"{number}") for number in range(4)]
        failures += await insist(lambda: core.lifecycle.emit(name, 1, *logs[:2]))
        failures += await insist(lambda: core.lifecycle.emit(name, 1, logs[2]))
        failures += await insist(lambda: core.lifecycle.emit(name, 1, logs[3]))
        failures += await insist(lambda: core.lifecycle.commit(name, 1, PUBLISHING))
        failures += await insist(lambda: core.lifecycle.finish(name, 1, COMPLETE))
        assert failures == 1, f"write {n} did not fail"
        events = await core.log.read_after(name, 0)
        assert [event.seq for event in events] == list(range(1, 8))
        assert [event.type for event in events] == ["started", *["log"] * 4, "progress", "complete"]
        assert await core.guard.current_run() is None


async def test_an_event_whose_commit_was_not_heard_of_is_not_written_twice(tmp_path: Path) -> None:
    """The connection broke after the commit and before the answer: the caller cannot know, and asks again."""
    async with open_core(tmp_path) as core:
        run = await core.begin()
        write, lost = core.database.write, [True]

        async def write_and_lose_the_answer(*args, **kwargs):
            result = await write(*args, **kwargs)
            if lost:  # the first write from here on is that of the event
                lost.clear()
                raise ServerBusy("cut off")
            return result

        core.database.write = write_and_lose_the_answer  # type: ignore[method-assign]
        await core.lifecycle.emit(
            run.operation_id, 1, Log(message="x"), Progress(stage="render", progress=20, message="x")
        )
        await core.lifecycle.emit(run.operation_id, 1, Progress(stage="render", progress=30, message="x"))
        events = await core.log.read_after(run.operation_id, 0)
        assert [event.type for event in events] == ["started", "log", "progress", "progress"]
        assert not lost
