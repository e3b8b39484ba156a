"""The policies at the one moment that matters: between the look that said no and the transaction that follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from pressrun.runs.admission import Policies, admit
from pressrun.runs.guard import RunGuard
from pressrun.runs.model import Run
from pressrun.runs.rejection import RunRejected
from pressrun.runs.submission import GuardConfig, KeyMatch, Submission
from tests.support.core import Core, open_core

pytestmark = pytest.mark.anyio

REPLACE = Policies(on_busy="replace")


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
    guard = Between(core.database, core.log, core.clock, config, owner="process-1")
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
