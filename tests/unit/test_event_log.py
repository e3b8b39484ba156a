"""The event log: order, fence, and following live without gap or repetition."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from pressrun.db.events import EventRow
from pressrun.errors import AttemptSuperseded
from pressrun.events.log import LoggedEvent, Tail
from pressrun.events.model import Log
from tests.support.core import COMPLETE, Core, open_core, progress
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio


@pytest.fixture
async def core(where: Path | str) -> AsyncIterator[Core]:
    async with open_core(where) as core:
        yield core


async def collect(core: Core, operation_id: str, after: int = 0) -> list[LoggedEvent]:
    with fail_after(10):
        return [event async for event in core.log.follow(operation_id, after)]


async def test_events_count_from_one_without_a_gap_and_end_with_the_terminal_one(core: Core) -> None:
    run = await core.begin()
    for value in (10, 20):
        await core.journal.append(run.operation_id, 1, progress(value))
    await core.complete(run)
    events = await collect(core, run.operation_id)
    assert [event.seq for event in events] == [1, 2, 3, 4]
    assert [event.type for event in events] == ["started", "progress", "progress", "complete"]
    assert [event.terminal for event in events] == [False, False, False, True]


async def test_nothing_is_appended_after_the_terminal_event(core: Core) -> None:
    run = await core.begin()
    await core.complete(run)
    with pytest.raises(AttemptSuperseded):
        await core.journal.append(run.operation_id, 1, Log(message="late"))
    assert not await core.lifecycle.finish(run.operation_id, 1, COMPLETE)


async def test_an_attempt_that_was_superseded_cannot_append(where: Path | str) -> None:
    async with open_core(where, owner="first") as first:
        run = await first.begin()
        async with open_core(where, owner="second") as second:
            claim = await second.lifecycle.claim(run.operation_id)
            assert claim is not None
            assert claim.attempt == 2
            with pytest.raises(AttemptSuperseded):
                await first.journal.append(run.operation_id, 1, Log(message="from the grave"))
            assert not await first.lifecycle.finish(run.operation_id, 1, COMPLETE)
            await second.journal.append(run.operation_id, 2, Log(message="alive"))


async def test_progress_never_goes_backwards(core: Core) -> None:
    run = await core.begin()
    for value in (40, 20, 60):
        await core.journal.append(run.operation_id, 1, progress(value))
    await core.complete(run)
    told = [
        json.loads(event.data)["progress"]
        for event in await collect(core, run.operation_id)
        if event.type == "progress"
    ]
    assert told == [40, 40, 60]


async def test_events_of_one_write_are_in_order_all_or_none_and_progress_in_them_never_goes_backwards(
    where: Path | str,
) -> None:
    async with open_core(where, owner="first") as core:
        run = await core.begin()
        await core.journal.append(run.operation_id, 1, progress(30))
        bodies = (Log(message="1"), progress(20), Log(message="2"), progress(50), progress(40), Log(message="3"))
        written = await core.journal.append(run.operation_id, 1, *bodies)
        assert [event.seq for event in written] == [3, 4, 5, 6, 7, 8]
        events = await core.log.read_after(run.operation_id, 2)
        assert [event.data for event in events] == [event.data for event in written]
        told = [json.loads(event.data) for event in events]
        assert [each.get("progress", each.get("message")) for each in told] == ["1", 30, "2", 50, 50, "3"]
        async with open_core(where, owner="second") as second:
            assert await second.lifecycle.claim(run.operation_id) is not None
        with pytest.raises(AttemptSuperseded):
            await core.journal.append(run.operation_id, 1, *bodies)
        assert [event.type for event in await core.log.read_after(run.operation_id, 8)] == ["started"]


async def test_who_follows_a_run_that_has_just_begun_gets_what_another_process_wrote_meanwhile(
    where: Path | str,
) -> None:
    async with open_core(where, owner="first") as core, open_core(where, owner="second") as second:
        run = await core.begin()
        assert await second.lifecycle.claim(run.operation_id) is not None
        await core.log.hear(run.operation_id, 2)  # as neighbours do
        with core.log.following(run.operation_id, 0, lambda: None) as follower:
            assert [event.seq for event in await follower.read()] == [1, 2]
        again = await core.begin("again", lane="again")
        with core.log.following(again.operation_id, 0, lambda: None) as follower:
            assert [event.type for event in await follower.read()] == ["started"]


async def test_every_prefix_and_its_resumption_make_the_whole_log(core: Core) -> None:
    run = await core.begin()
    for value in range(10):
        await core.journal.append(run.operation_id, 1, progress(value))
    await core.complete(run)
    whole = [event.data for event in await collect(core, run.operation_id)]
    for cut in range(len(whole)):
        resumed = [event.data for event in await collect(core, run.operation_id, after=cut)]
        assert whole[:cut] + resumed == whole


async def test_followers_that_join_at_any_moment_of_a_live_run_all_get_every_event_once(core: Core) -> None:
    run = await core.begin()
    followers = 20
    stories: list[list[int]] = []

    async def follow() -> None:
        stories.append([event.seq for event in await collect(core, run.operation_id)])

    async with anyio.create_task_group() as tasks:
        for value in range(followers * 5):
            if value % 5 == 0:
                tasks.start_soon(follow)
            await core.journal.append(run.operation_id, 1, Log(message=str(value)))
        await core.complete(run)
    assert stories == [list(range(1, followers * 5 + 3))] * followers


async def test_a_follower_waits_for_what_comes(core: Core) -> None:
    run = await core.begin()
    got: list[str] = []
    first, second = anyio.Event(), anyio.Event()

    async def follow() -> None:
        async for event in core.log.follow(run.operation_id):
            got.append(event.type)
            (first if len(got) == 1 else second).set()

    with fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await first.wait()
            await core.journal.append(run.operation_id, 1, Log(message="x"))
            await second.wait()
            assert got == ["started", "log"]
            tasks.cancel_scope.cancel()


async def test_announcements_out_of_order_lose_and_repeat_nothing(core: Core) -> None:
    run = await core.begin()
    rows = [core.journal.encode(run.operation_id, seq, core.clock.now(), Log(message="x")) for seq in (2, 3)]
    seen: list[int] = []

    async def follow() -> None:
        seen.extend([event.seq for event in await collect(core, run.operation_id)])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(follow)
        await anyio.wait_all_tasks_blocked()
        await core.journal.append(run.operation_id, 1, Log(message="x"))
        await core.journal.append(run.operation_id, 1, Log(message="x"))
        core.log.announce(run.operation_id, rows[1:])
        core.log.announce(run.operation_id, rows[:1])
        await core.complete(run)
    assert seen == [1, 2, 3, 4]


async def test_a_log_holds_nothing_for_followers_that_left(core: Core) -> None:
    run = await core.begin()
    await core.complete(run)
    await collect(core, run.operation_id)
    assert core.log.followed() == 0


async def test_secrets_are_masked_before_they_are_stored(where: Path | str) -> None:
    async with open_core(where) as core:
        core.journal._mask = lambda text: text.replace("hunter2", "[secret]")
        run = await core.begin()
        await core.journal.append(run.operation_id, 1, Log(message="the key is hunter2"))
        stored = await core.log.read_after(run.operation_id, 1)
        assert "hunter2" not in stored[0].data


def test_the_tail_of_a_log_of_any_length_is_bounded_and_gives_exactly_what_follows() -> None:
    tail = Tail()
    for seq in range(1, 5_001):
        tail.push([LoggedEvent(EventRow(seq, "log", "x" * (100 if seq < 3_000 else 20_000)))])
        live = tail.after(max(0, seq - 5))  # as far back as a reader that keeps up ever asks
        assert live is not None
        assert [event.seq for event in live] == list(range(max(1, seq - 4), seq + 1))
        assert tail.after(seq) == []
    assert tail.after(0) is None
    held = tail._events
    assert 2 <= len(held) <= 512
    assert sum(len(event.data) for event in held) <= 512 * 1024


async def test_followers_of_a_quiet_run_share_what_one_of_them_has_read(core: Core) -> None:
    run = await core.begin()
    name, wakes = run.operation_id, []
    with (
        core.log.following(name, 0, lambda: wakes.append("first")) as first,
        core.log.following(name, 0, lambda: wakes.append("other")) as other,
    ):
        assert await first.read() == await other.read()  # the very same events: encoded once
        assert (first.news, other.news) == (False, False)
        await core.journal.append(run.operation_id, 1, Log(message="x"))
        assert (first.news, other.news, wakes) == (True, True, ["first", "other"])
        assert [event.seq for event in await other.read()] == [2]


async def test_closing_the_log_ends_those_who_wait_and_those_who_come(core: Core) -> None:
    run = await core.begin()
    seen: list[int] = []

    async def follow() -> None:
        seen.extend([event.seq for event in await collect(core, run.operation_id)])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(follow)
        await anyio.wait_all_tasks_blocked()
        core.log.close()
    assert seen == [1]
    assert await collect(core, run.operation_id) == []


async def test_following_an_ended_run_from_its_end_ends_at_once(core: Core) -> None:
    run = await core.begin()
    await core.complete(run)
    with fail_after(5):
        assert [event async for event in core.log.follow(run.operation_id, 2, live=False)] == []
