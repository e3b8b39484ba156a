"""The one clock of all that looks now and then."""

from __future__ import annotations

import anyio
import pytest

from pressrun.runs.activity import Activity
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio


async def test_while_there_is_nothing_all_sleep_and_one_stir_wakes_all() -> None:
    told: list[bool] = []
    activity = Activity(told.append)
    passed = 0

    async def look() -> None:
        nonlocal passed
        await activity.pause(0.001)
        passed += 1

    with fail_after(10):
        await look()
        activity.rest(activity.stirs)
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(look)
            await anyio.sleep(0.05)
            assert passed == 1
            activity.stir()
    assert (passed, told) == (4, [False, True])


async def test_a_run_that_begins_during_a_look_is_not_slept_over() -> None:
    activity = Activity()
    known = activity.stirs
    activity.stir()  # between the look into the database and what is made of it
    activity.rest(known)
    assert activity.busy
