"""A caller's share of what runs and waits: one that floods leaves room for others, in every lane and while it waits."""

from __future__ import annotations

import threading
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from pressrun.api.gate.tokens import LOCAL, Caller, require_priority
from pressrun.db import Connection
from pressrun.errors import CallerLimit, ServerBusy
from pressrun.events.model import Cancelled
from pressrun.request_errors import Forbidden
from pressrun.runs.admission import Policies, admit
from pressrun.runs.model import Run
from pressrun.runs.submission import Submission
from pressrun.settings import GuardConfig, Settings
from tests.support.core import Core, open_core
from tests.support.limits import HANG_S

pytestmark = pytest.mark.anyio

CONFIG = GuardConfig(dedup_window_s=5, run_max_s=1800, max_runs=4, max_queued=4, caller_max_runs=2, caller_max_queued=2)


async def told(core: Core, caller: str, lane: str, **policies: str) -> str:
    """What becomes of a request that is like no other."""
    submission = core.submission(core.ids.new(), caller=caller, lane=lane)
    try:
        return (await admit(core.guard, submission, Policies(**policies))).disposition  # type: ignore[arg-type]
    except CallerLimit as exc:
        return f"{exc.code} {exc.limit}"
    except ServerBusy as exc:
        return exc.code


async def hold_writers(core: Core, stack: AsyncExitStack) -> None:
    """Every thread that writes is at work until the stack is closed."""
    over = threading.Event()
    tasks = await stack.enter_async_context(anyio.create_task_group())
    stack.callback(over.set)
    begun = [threading.Event() for _ in range(4 if core.database.decides else 1)]

    def hold(_connection: Connection, number: int) -> None:
        begun[number].set()
        assert over.wait(HANG_S)

    for number in range(len(begun)):
        tasks.start_soon(core.database.write, hold, number)
    for event in begun:
        assert await anyio.to_thread.run_sync(event.wait, 60)


async def test_a_caller_with_its_share_of_running_runs_is_refused_and_another_begins(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        flood = [await told(core, "flood", f"lane-{number}") for number in range(4)]
        assert flood == ["started", "started", "caller_limit max_runs", "caller_limit max_runs"]
        assert [await told(core, "quiet", f"quiet-{number}") for number in range(2)] == ["started", "started"]
        assert await told(core, "third", "third") == "server_busy", "over all there are four"


async def test_who_asks_for_runs_without_end_delays_another_s_by_a_turn(
    where: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database is held up, forty wait to be admitted; then one of another caller comes."""
    config = GuardConfig(dedup_window_s=5, run_max_s=1800, max_runs=100)
    async with open_core(where, config=config) as core:
        served: list[str] = []  # as they are handed to a thread: which of several threads ends first is the machine's
        decide = core.guard._decide

        async def decide_and_note(submission: Submission) -> Any:
            served.append(submission.caller)
            return await decide(submission)

        monkeypatch.setattr(core.guard, "_decide", decide_and_note)

        async def begin(caller: str, number: int) -> None:
            await core.begin(f"{caller} {number}", caller=caller, lane=f"{caller}-{number}", priority=number % 2)

        async with AsyncExitStack() as held, anyio.create_task_group() as tasks:
            await hold_writers(core, held)
            for number in range(40):
                tasks.start_soon(begin, "flood", number)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(begin, "quiet", 0)
            await anyio.wait_all_tasks_blocked()
            await held.aclose()
        assert len(served) == 41
        assert served.index("quiet") < 8, "of 41"


async def test_a_caller_with_its_share_of_waiting_runs_is_refused_and_another_waits(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        assert await told(core, "flood", "default") == "started"
        flood = [await told(core, "flood", "default", on_busy="queue") for _ in range(3)]
        assert flood == ["queued", "queued", "caller_limit max_queued"]
        assert await told(core, "quiet", "default", on_busy="queue") == "queued"


async def test_who_has_its_share_may_wait_for_it_in_a_free_lane_and_holds_up_nobody_there(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("one", caller="flood", lane="lane-1")
        await core.begin("two", caller="flood", lane="lane-2")
        assert await told(core, "flood", "free", on_busy="queue") == "queued"
        assert await core.guard.promote("free") == [], "it would have three"
        quiet = await core.begin("three", caller="quiet", lane="free")
        assert quiet.status == "running"
        await core.complete(running)
        assert await core.guard.promote("free") == []
        await core.complete(quiet)
        (begun,) = await core.guard.promote("free")
        assert begun not in {running.operation_id, quiet.operation_id}


async def test_a_promotion_of_several_gives_nobody_more_than_its_share(where: Path | str) -> None:
    config = GuardConfig(dedup_window_s=5, run_max_s=1800, lanes={"wide": 4}, caller_max_runs=2)
    async with open_core(where, config=config) as core:
        await core.guard.queue.set_lane_paused("wide", paused=True)
        for _ in range(3):
            assert await told(core, "flood", "wide", on_busy="queue") == "queued"
        assert await told(core, "quiet", "wide", on_busy="queue") == "queued"
        await core.guard.queue.set_lane_paused("wide", paused=False)
        assert len(await core.guard.promote("wide")) == 3
        assert await core.guard.promote("wide") == []


async def replaces(core: Core, text: str) -> Run:
    """The flood's new run, which takes the place of its old one."""
    admission = await admit(core.guard, core.submission(text, caller="flood"), Policies(on_busy="replace"))
    assert admission.disposition == "replaced"
    assert admission.replaces is not None
    await core.lifecycle.finish(admission.replaces, 1, Cancelled(by="replaced"))
    return admission.run


async def test_who_replaces_its_own_run_again_and_again_keeps_its_place_once_while_another_waits(
    where: Path | str,
) -> None:
    async with open_core(where) as core:
        await core.begin("the first", caller="flood")
        quiet = await core.begin("quiet", caller="quiet", when_busy="wait")
        kept = await replaces(core, "the second")
        assert await core.guard.promote("default") == [kept.operation_id]
        behind = await replaces(core, "the third")
        assert await core.guard.promote("default") == [quiet.operation_id]
        await core.complete(quiet)
        assert await core.guard.promote("default") == [behind.operation_id]


async def test_who_has_more_waiting_and_replaces_is_behind_who_had_nothing(where: Path | str) -> None:
    async with open_core(where) as core:
        await core.begin("the first", caller="flood")
        for number in range(2):
            await core.begin(f"waiting {number}", caller="flood", when_busy="wait")
        quiet = await core.begin("quiet", caller="quiet", when_busy="wait")
        await replaces(core, "the second")
        assert await core.guard.promote("default") == [quiet.operation_id]


async def test_of_many_who_replace_one_run_before_it_has_ended_one_is_before_who_comes_then(where: Path | str) -> None:
    async with open_core(where) as core:
        first = await core.begin("the first", caller="flood")
        for number in range(3):
            await admit(core.guard, core.submission(str(number), caller="flood"), Policies(on_busy="replace"))
        quiet = await core.begin("quiet", caller="quiet", when_busy="wait")
        assert await core.lifecycle.finish(first.operation_id, 1, Cancelled(by="replaced"))
        (second,) = await core.guard.promote("default")
        assert await core.lifecycle.finish(second, 1, Cancelled(by="user"))
        assert await core.guard.promote("default") == [quiet.operation_id]


async def test_of_many_who_replace_one_run_only_the_first_has_its_place_while_another_waits(where: Path | str) -> None:
    async with open_core(where) as core:
        await core.begin("the first", caller="flood")
        quiet = await core.begin("quiet", caller="quiet", when_busy="wait")
        several = [
            (await admit(core.guard, core.submission(str(number), caller="flood"), Policies(on_busy="replace"))).run
            for number in range(3)
        ]
        last = await replaces(core, "the last")
        begun: list[str] = []
        while len(begun) < 5:
            begun += await core.guard.promote("default")
            assert await core.lifecycle.finish(begun[-1], 1, Cancelled(by="user"))
        assert begun == [run.operation_id for run in (several[0], quiet, *several[1:], last)]


async def test_who_waits_in_a_paused_lane_is_not_passed_by_another_who_replaces_nothing(where: Path | str) -> None:
    async with open_core(where) as core:
        await core.guard.queue.set_lane_paused("default", paused=True)
        assert await told(core, "flood", "default", on_busy="queue") == "queued"
        quiet = await core.begin("quiet", caller="quiet", when_busy="wait")
        assert await told(core, "flood", "default", on_busy="replace") == "queued"
        await core.guard.queue.set_lane_paused("default", paused=False)
        (first,) = await core.guard.promote("default")
        assert await core.lifecycle.finish(first, 1, Cancelled(by="user"))
        assert await core.guard.promote("default") == [quiet.operation_id]


@pytest.mark.parametrize(
    ("tokens", "set_to", "expected"),
    [
        ((), {}, (None, None)),
        (("a:1",), {}, (None, None)),
        (("a:1", "b:2"), {}, (8, 50)),
        (("a:1", "b:2"), {"max_runs": 1, "max_queued": 0}, (1, 1)),
        (("a:1", "b:2"), {"caller_max_runs": 0, "caller_max_queued": 7}, (None, 7)),
        ((), {"caller_max_runs": 3}, (3, None)),
    ],
)
def test_a_share_is_half_where_there_are_several_callers_and_all_where_there_is_one(
    tokens: tuple[str, ...], set_to: dict[str, int], expected: tuple[int | None, int | None]
) -> None:
    settings = Settings(tokens=tokens, **set_to)  # type: ignore[arg-type]
    config = settings.guard.shared(several=len(settings.tokens) > 1)
    assert (config.caller_max_runs, config.caller_max_queued) == expected


def test_a_priority_above_the_usual_needs_a_scope() -> None:
    stranger, trusted = Caller("a", frozenset({"run", "read"})), Caller("b", frozenset({"run", "priority"}))
    for caller in (LOCAL, trusted, Caller("c", frozenset({"admin"}))):
        require_priority(caller, 100)
    for priority in (0, -5):
        require_priority(stranger, priority)
    with pytest.raises(Forbidden, match="scope `priority`"):
        require_priority(stranger, 1)
