"""Which of several failures is told."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Awaitable, Callable

import anyio
import pytest
from anyio.abc import SocketStream

from pressrun.browser.chromium import escape_vectors as ways_out
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.setup.self_test import Seal
from pressrun.engine.outcomes import checkpointed
from pressrun.errors import BrowserCrashed, BrowserUnavailable, DiskFull, RunCancelled
from pressrun.groups import first_cause, open_task_group
from pressrun.pipeline.context import Rendered
from tests.support.fake_browser import FakeSources
from tests.support.limits import fail_after
from tests.support.pool_rig import QUICK

pytestmark = pytest.mark.anyio

WRECKAGE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


@pytest.mark.parametrize("kind", WRECKAGE)
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_first_that_is_no_wreckage_is_told_wherever_it_stands(
    kind: type[Exception], order: tuple[int, ...]
) -> None:
    told, later = DiskFull(), BrowserCrashed()
    members: list[Exception] = [kind(), told, kind()]
    group = ExceptionGroup("", [ExceptionGroup("", [members[index]]) for index in order])
    assert first_cause(ExceptionGroup("", [group, later])) is told


def test_wreckage_is_told_where_nothing_else_is_known_and_what_ends_the_program_before_all() -> None:
    broken, end = anyio.BrokenResourceError(), KeyboardInterrupt()
    assert first_cause(ExceptionGroup("", [broken, anyio.EndOfStream()])) is broken
    assert first_cause(BaseExceptionGroup("", [DiskFull(), end])) is end


def test_a_defect_that_came_with_a_known_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    first_cause(ExceptionGroup("", [DiskFull(), KeyError("gone"), BrowserCrashed(), anyio.EndOfStream()]))
    assert [type(record.exc_info[1]) for record in caplog.records if record.exc_info] == [KeyError]


async def test_a_sender_that_is_back_before_the_receiver_has_failed_does_not_hide_why() -> None:
    send, receive = anyio.create_memory_object_stream[int](0)

    async def receiver() -> None:
        async with receive:
            await receive.receive()
            raise DiskFull

    async def both() -> None:
        async with open_task_group() as tasks, send:
            tasks.start_soon(receiver)
            while True:
                await send.send(1)  # the second waits when the receiver closes its end

    with pytest.raises(DiskFull) as raised:
        await both()
    assert raised.value.__cause__ is None


async def test_the_cause_of_what_is_told_stays_with_it_and_the_body_counts_as_a_task() -> None:
    async def fail() -> None:
        raise DiskFull from OSError(28, "No space left on device")

    async def wait() -> None:
        async with open_task_group() as tasks:
            tasks.start_soon(fail)
            await anyio.sleep_forever()

    with pytest.raises(DiskFull) as raised:
        await wait()
    assert isinstance(raised.value.__cause__, OSError)
    with pytest.raises(KeyError):
        async with open_task_group():
            raise KeyError("own")


async def test_cancellation_passes_as_it_is() -> None:
    async def wait(work: Callable[[], Awaitable[None]]) -> None:
        async with open_task_group() as tasks:
            tasks.start_soon(work)

    with anyio.move_on_after(0.01) as limit:
        await wait(anyio.sleep_forever)
    assert limit.cancelled_caught


async def test_a_seal_whose_listener_runs_out_of_descriptors_could_just_not_be_tested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = anyio.Event()

    async def show(_pool: BrowserPool, _html: str) -> None:
        shown.set()
        await anyio.sleep_forever()

    async def hear(_listener: object, stream: SocketStream) -> None:
        await real(_listener, stream)
        await shown.wait()
        raise OSError(errno.EMFILE, "Too many open files")

    real = ways_out._hear
    monkeypatch.setattr(ways_out, "_hear", hear)
    async with open_browser_pool(QUICK, FakeSources()) as pool:
        with pytest.raises(BrowserUnavailable, match="just now"), fail_after(10):
            await Seal(pool, show).check()


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ExceptionGroup("", [anyio.BrokenResourceError(), DiskFull()]), "disk_full"),
        (ExceptionGroup("", [ExceptionGroup("", [OSError(errno.EIO, "I/O error")])]), "disk_failed"),
        (OSError(errno.EMFILE, "Too many open files"), "server_busy"),
        (ExceptionGroup("", [OSError(errno.ENFILE, "Too many open files in system")]), "server_busy"),
        (ExceptionGroup("", [KeyError("x")]), "internal"),
    ],
)
async def test_a_stage_that_fails_with_a_group_ends_with_its_cause(raised: Exception, code: str) -> None:
    async def work() -> Rendered:
        raise raised

    outcome = await checkpointed("render", work)
    assert outcome["error"]["code"] == code


async def test_a_run_that_was_cancelled_while_others_of_its_tasks_failed_is_stopped() -> None:
    async def work() -> Rendered:
        raise ExceptionGroup("", [anyio.ClosedResourceError(), RunCancelled()])

    assert await checkpointed("render", work) == {"stopped": True}
