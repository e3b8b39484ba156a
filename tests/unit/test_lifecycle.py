"""What happens to a run: claims, ends, cancellation; each with its event and its slot in one transaction."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pressrun.db.runs import hand_back_of
from pressrun.errors import NotFound, RunCancelled, RunEnded
from pressrun.events.model import Cancelled, Error, Screenshot
from tests.support.core import COMPLETE, PUBLISHING, Core, open_core

pytestmark = pytest.mark.anyio


@pytest.fixture
async def core(where: Path | str) -> AsyncIterator[Core]:
    async with open_core(where) as core:
        yield core


async def test_the_process_that_admitted_a_run_claims_its_first_attempt_silently(core: Core) -> None:
    run = await core.begin()
    claim = await core.lifecycle.claim(run.operation_id)
    assert claim is not None
    assert claim.attempt == 1
    assert len(await core.log.read_after(run.operation_id, 0)) == 1


async def test_after_a_crash_the_next_process_starts_the_next_attempt_and_knows_the_captured_slides(
    where: Path | str,
) -> None:
    async with open_core(where, owner="first") as core:
        run = await core.begin()
        slide = Screenshot(
            index=1, total=2, filename="slides/0001.png", url="u", width=1, height=1, size_bytes=1, sha256="0" * 64
        )
        await core.journal.append(run.operation_id, 1, slide)
    async with open_core(where, owner="second") as core:
        claim = await core.lifecycle.claim(run.operation_id)
        assert claim is not None
        assert (claim.attempt, claim.captured) == (2, {1: slide})
        started = json.loads((await core.log.read_after(run.operation_id, 2))[0].data)
        assert (started["type"], started["attempt"]) == ("started", 2)


async def test_a_run_that_crashes_its_process_three_times_ends_as_crashed(where: Path | str) -> None:
    async with open_core(where, owner="process-1") as core:
        run = await core.begin()
    for number in (2, 3):
        async with open_core(where, owner=f"process-{number}") as core:
            assert await core.lifecycle.claim(run.operation_id) is not None
    async with open_core(where, owner="process-4") as core:
        assert await core.lifecycle.claim(run.operation_id) is None
        last = json.loads((await core.log.read_after(run.operation_id, 0))[-1].data)
        assert (last["type"], last["code"]) == ("error", "crashed")
        assert await core.guard.current_run() is None


async def test_a_run_that_may_be_published_is_not_ended_by_its_third_crash_but_by_an_attempt_that_looks(
    where: Path | str,
) -> None:
    async with open_core(where, owner="process-1") as core:
        run = await core.begin()
    for number in (2, 3):
        async with open_core(where, owner=f"process-{number}") as core:
            claim = await core.lifecycle.claim(run.operation_id)
            assert claim is not None
            assert claim.last_word is None
            await core.lifecycle.commit(run.operation_id, claim.attempt, PUBLISHING)
    async with open_core(where, owner="process-4") as core:
        claim = await core.lifecycle.claim(run.operation_id)
        assert claim is not None
        assert claim.last_word is not None
        assert (claim.attempt, claim.last_word.code) == (4, "crashed")
        assert (await core.log.read_after(run.operation_id, 0))[-1].type == "started"
        assert not await core.lifecycle.finish(run.operation_id, 3, COMPLETE), "the attempt before could still end it"
        assert await core.lifecycle.finish(run.operation_id, 4, claim.last_word)
        assert await core.guard.current_run() is None


async def test_who_gives_a_run_up_ends_it_unless_it_may_be_published_or_has_gone_on(core: Core) -> None:
    crashed = Error(code="crashed", message="x")
    run = await core.begin()
    assert await core.lifecycle.fail(run.operation_id, 2, crashed) is None
    assert await core.guard.current_run() is not None
    assert await core.lifecycle.fail(run.operation_id, 1, crashed) is None
    assert (await core.log.read_after(run.operation_id, 0))[-1].type == "error"
    assert await core.guard.current_run() is None
    committed = await core.begin("committed")
    await core.lifecycle.commit(committed.operation_id, 1, PUBLISHING)
    claim = await core.lifecycle.fail(committed.operation_id, 1, crashed)
    assert claim is not None
    assert (claim.attempt, claim.last_word) == (2, crashed)
    assert await core.guard.current_run() is not None


async def test_a_run_whose_processes_were_frozen_has_crashed_none_but_one_that_came_back_may(where: Path | str) -> None:
    async with open_core(where, owner="process-1") as core:
        run = await core.begin()
        await core.database.write(hand_back_of, ["process-1"])
    for number in range(2, 6):
        async with open_core(where, owner=f"process-{number}") as core:
            claim = await core.lifecycle.claim(run.operation_id)
            assert claim is not None
            assert claim.attempt == number
            await core.database.write(hand_back_of, [f"process-{number}"])
            await core.database.write(hand_back_of, ["somebody else"])
            if number == 5:  # it thaws and is given its run again
                assert await core.lifecycle.claim(run.operation_id) == claim
    for number in (6, 7):
        async with open_core(where, owner=f"process-{number}") as core:
            assert await core.lifecycle.claim(run.operation_id) is not None
    async with open_core(where, owner="process-8") as core:
        assert await core.lifecycle.claim(run.operation_id) is None


async def test_a_run_handed_back_is_a_new_attempt_but_no_crash(where: Path | str) -> None:
    async with open_core(where, owner="process-1") as core:
        run = await core.begin()
        await core.lifecycle.hand_back(run.operation_id, 1)
    for number in range(2, 6):
        async with open_core(where, owner=f"process-{number}") as core:
            claim = await core.lifecycle.claim(run.operation_id)
            assert claim is not None
            assert claim.attempt == number
            await core.lifecycle.hand_back(run.operation_id, claim.attempt)


async def test_an_ended_run_is_never_claimed_again(core: Core) -> None:
    run = await core.begin()
    await core.complete(run)
    assert await core.lifecycle.claim(run.operation_id) is None


async def test_the_end_frees_the_slot_in_the_transaction_of_its_event(core: Core) -> None:
    run = await core.begin()
    await core.complete(run)
    assert await core.guard.current_run() is None


async def test_cancel_is_news_once_and_the_same_answer_afterwards(core: Core) -> None:
    run = await core.begin()
    assert (await core.lifecycle.request_cancel(run.operation_id, "user"))[1] is True
    assert (await core.lifecycle.request_cancel(run.operation_id, "user"))[1] is False
    await core.lifecycle.finish(run.operation_id, 1, Cancelled(by="user"))
    again, news = await core.lifecycle.request_cancel(run.operation_id, "user")
    assert (again.status, news) == ("cancelled", False)


async def test_cancel_before_the_point_of_no_return_wins_and_after_it_is_too_late(core: Core) -> None:
    early = await core.begin("early")
    await core.lifecycle.request_cancel(early.operation_id, "user")
    with pytest.raises(RunCancelled):
        await core.lifecycle.commit(early.operation_id, 1, PUBLISHING)
    await core.lifecycle.finish(early.operation_id, 1, Cancelled(by="user"))
    late = await core.begin("late")
    await core.lifecycle.commit(late.operation_id, 1, PUBLISHING)
    with pytest.raises(RunEnded, match="too late"):
        await core.lifecycle.request_cancel(late.operation_id, "user")
    assert await core.lifecycle.finish(late.operation_id, 1, COMPLETE)


async def test_cancel_of_an_earlier_attempt_does_not_hit_the_current_one(core: Core) -> None:
    run = await core.begin()
    with pytest.raises(RunEnded, match="attempt 7"):
        await core.lifecycle.request_cancel(run.operation_id, "user", attempt=7)


async def test_cancel_of_a_complete_an_unknown_or_a_strangers_run_is_refused(core: Core) -> None:
    run = await core.begin()
    with pytest.raises(NotFound):
        await core.lifecycle.request_cancel(run.operation_id, "user", caller="somebody else")
    await core.complete(run)
    with pytest.raises(RunEnded, match="complete"):
        await core.lifecycle.request_cancel(run.operation_id, "user")
    with pytest.raises(NotFound):
        await core.lifecycle.request_cancel(core.ids.new(), "user")


async def test_a_run_whose_process_died_after_a_cancel_request_ends_cancelled_at_the_next_start(
    where: Path | str,
) -> None:
    async with open_core(where, owner="first") as core:
        run = await core.begin()
        await core.lifecycle.request_cancel(run.operation_id, "user")
    async with open_core(where, owner="second") as core:
        assert await core.lifecycle.claim(run.operation_id) is None
        assert [event.type for event in await core.log.read_after(run.operation_id, 1)] == ["cancelled"]
