"""The policies at the one moment that matters: between the look that said no and the transaction that follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from pressrun.db.runs import find_newest
from pressrun.runs.admission import Policies, admit
from pressrun.runs.guard import RunGuard
from pressrun.runs.model import Run
from pressrun.runs.rejection import RunRejected
from pressrun.runs.submission import KeyMatch, Submission
from pressrun.settings import GuardConfig
from tests.support.core import Core, open_core

pytestmark = pytest.mark.anyio

REPLACE = Policies(on_busy="replace")
QUEUE_OR_JOIN = Policies(on_busy="queue", on_duplicate="join")


@pytest.fixture
async def core(where: Path | str) -> AsyncIterator[Core]:
    async with open_core(where) as core:
        yield core


class Between(RunGuard):
    """The real guard, and something that happens when it has just said no."""

    happens: Callable[[], Awaitable[object]]

    async def admit(self, submission: Submission) -> Run | KeyMatch:
        try:
            return await super().admit(submission)
        except RunRejected:
            await self.happens()
            raise


def between(core: Core, happens: Callable[[], Awaitable[object]]) -> Between:
    config = GuardConfig(dedup_window_s=5, run_max_s=1800)
    guard = Between(core.database, core.log, core.journal, core.clock, config, owner="process-1")
    guard.happens = happens
    return guard


async def hand_over(core: Core, **values: object) -> Run:
    """The lane changes hands."""
    holder = await core.guard.current_run()
    assert holder is not None
    await core.complete(holder)
    return await core.begin("the next one", **values)


async def test_replace_replaces_who_holds_the_slot_when_it_waits_not_who_held_it_before(core: Core) -> None:
    await core.begin("the old one")
    held: list[Run] = []

    async def happens() -> None:
        held.append(await hand_over(core))

    admission = await admit(between(core, happens), core.submission("mine"), REPLACE)
    assert (admission.disposition, admission.replaces) == ("replaced", held[0].operation_id)


async def test_replace_does_not_wait_behind_somebody_elses_run_that_it_may_not_replace(core: Core) -> None:
    await core.begin("the old one")

    async def happens() -> None:
        await hand_over(core, caller="another")

    submission = core.submission("mine")
    with pytest.raises(RunRejected) as rejected:
        await admit(between(core, happens), submission, REPLACE)
    assert not rejected.value.visible
    assert await core.guard.waiting_lanes() == []


async def test_replace_starts_at_once_when_the_slot_has_become_free(core: Core) -> None:
    old = await core.begin("the old one")

    async def happens() -> None:
        await core.complete(old)

    admission = await admit(between(core, happens), core.submission("mine"), REPLACE)
    assert (admission.disposition, admission.replaces, admission.run.status) == ("started", None, "running")


async def test_of_two_identical_requests_that_would_wait_the_second_joins_the_first(core: Core) -> None:
    await core.begin("the old one")
    first: list[Run] = []

    async def happens() -> None:
        if not first:
            first.append((await admit(core.guard, core.submission("mine"), QUEUE_OR_JOIN)).run)

    admission = await admit(between(core, happens), core.submission("mine"), QUEUE_OR_JOIN)
    assert (admission.disposition, admission.run.operation_id) == ("joined", first[0].operation_id)
    with pytest.raises(RunRejected) as rejected:
        await admit(core.guard, core.submission("mine"), Policies(on_busy="queue"))
    assert rejected.value.same_request, "and where nobody asked to join, it is refused as before"


async def test_a_key_that_came_into_the_line_meanwhile_is_refused_to_who_wants_that(core: Core) -> None:
    await core.begin("the old one")
    mine = core.submission("mine", idempotency_key="k")

    async def happens() -> None:
        await admit(core.guard, core.submission("mine", idempotency_key="k"), QUEUE_OR_JOIN)

    with pytest.raises(RunRejected):
        await admit(between(core, happens), mine, Policies(on_busy="queue", on_duplicate="reject"))


async def test_another_key_within_the_window_is_another_intention(core: Core) -> None:
    first = (await admit(core.guard, core.submission("x", idempotency_key="one"), Policies())).run
    queue = Policies(on_busy="queue")
    waits = await admit(core.guard, core.submission("x", idempotency_key="two"), queue)
    assert (waits.disposition, waits.run.operation_id != first.operation_id) == ("queued", True)
    with pytest.raises(RunRejected) as busy:
        await admit(core.guard, core.submission("x", idempotency_key="three"), Policies())
    assert busy.value.reason == "in_flight", "one at a time in a lane all the same"
    await core.complete(first)
    assert await core.guard.promote("default") == [waits.run.operation_id]
    await core.complete(waits.run)
    again = await admit(core.guard, core.submission("x", idempotency_key="one"), Policies())
    assert (again.disposition, again.run.operation_id) == ("replayed", first.operation_id), "a key names its run"
    assert (await admit(core.guard, core.submission("x", idempotency_key="three"), Policies())).disposition == "started"


async def test_who_says_what_becomes_of_identical_runs_is_believed_whatever_the_key(core: Core) -> None:
    first = (await admit(core.guard, core.submission("x", idempotency_key="one"), Policies())).run
    await core.complete(first)
    with pytest.raises(RunRejected) as rejected:
        await admit(core.guard, core.submission("x", idempotency_key="two"), Policies(on_duplicate="reject"))
    assert rejected.value.reason == "duplicate"
    joined = await admit(core.guard, core.submission("x", idempotency_key="two"), Policies(on_duplicate="join"))
    assert (joined.disposition, joined.run.operation_id) == ("replayed", first.operation_id)
    with pytest.raises(RunRejected):
        await admit(core.guard, core.submission("x"), Policies())


async def test_the_newest_run_of_a_request_that_has_had_so_many_events_is_found(core: Core) -> None:
    old = await core.begin("x")
    await core.complete(old)
    core.clock.advance(3600)
    new = await core.begin("x")

    async def found(after: int, caller: str = "local") -> str | None:
        row = await core.database.read(find_newest, caller, old.fingerprint, after)
        return None if row is None else str(row.operation_id)

    assert [await found(1), await found(2), await found(3)] == [new.operation_id, old.operation_id, None]
    assert await found(1, "another") is None


async def test_replace_goes_before_who_waits_in_a_paused_lane_and_cancels_nobody(core: Core) -> None:
    await core.guard.queue.set_lane_paused("default", paused=True)
    waiting = (await admit(core.guard, core.submission("waits"), Policies(on_busy="queue"))).run
    admission = await admit(core.guard, core.submission("mine"), REPLACE)
    assert (admission.disposition, admission.replaces) == ("queued", None)
    await core.guard.queue.set_lane_paused("default", paused=False)
    assert await core.guard.promote("default") == [admission.run.operation_id]
    assert (await core.lifecycle.active())[0].operation_id == waiting.operation_id
