"""Background tasks: each raises once and for ever, and the room it works for goes on."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from starlette.responses import PlainTextResponse

from pressrun.api.connections.connection_limit import ConnectionLimiter
from pressrun.background import Background
from pressrun.background_tasks import BROWSER_WATCH, LEASE, LOOK, PAGE_MEMORY, RECONCILE, RETENTION, TASKS
from pressrun.browser.chromium.driver import Driver
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.errors import BrowserUnavailable, DiskFull
from pressrun.failpoints import Escaped, arm
from tests.support.fake_browser import FakeBrowser, FakeSources
from tests.support.limits import HANG_S, fail_after
from tests.support.logs import captured_log
from tests.support.pool_rig import QUICK
from tests.support.threaded_server import serve_behind

pytestmark = pytest.mark.anyio

SCREEN = {"viewport_width": 320, "viewport_height": 240, "zoom": 1}


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm(None, environment=None)


def failing(times: int, work: Callable[[], Awaitable[None]], kind: type[Exception] = RuntimeError):
    left = times

    async def fail_first() -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise kind("broken")
        await work()

    return fail_first


async def nothing() -> None:
    await anyio.lowlevel.checkpoint()


async def test_what_fails_is_tried_again_counted_and_logged_once() -> None:
    background = Background()
    with captured_log() as log, fail_after(10):
        await background.until_done(LOOK, failing(3, nothing))
    assert background.failures["look"] == 3
    told = [(line["level"], line["event"]) for line in log.lines()]
    assert told == [("error", "a background task failed"), ("info", "a background task works again")]
    assert "RuntimeError: broken" in log.text


async def test_another_reason_is_told_and_so_is_the_same_after_it_worked() -> None:
    background = Background()
    with captured_log() as log:
        for kind in (RuntimeError, RuntimeError, KeyError, DiskFull):
            await background.attempt(RECONCILE, failing(1, nothing, kind))
        await background.attempt(RECONCILE, nothing)
        await background.attempt(RECONCILE, failing(1, nothing))
    assert [line["level"] for line in log.lines()] == ["error", "error", "warning", "info", "error"]


async def test_only_what_is_essential_and_fails_again_and_again_is_told() -> None:
    background = Background()
    for task in (RECONCILE, RETENTION):
        for _ in range(2):
            await background.attempt(task, failing(1, nothing))
    assert background.failing() == []
    for task in (RECONCILE, RETENTION):
        await background.attempt(task, failing(1, nothing))
    assert background.failing() == ["reconcile fails again and again (RuntimeError)"]
    await background.attempt(RECONCILE, nothing)
    assert background.failing() == []


async def test_cancellation_is_not_swallowed_whatever_comes_with_it() -> None:
    background = Background()
    rounds = 0

    async def broken_while_cancelled() -> None:
        nonlocal rounds
        rounds += 1
        try:
            await anyio.sleep_forever()
        finally:
            raise RuntimeError("in the cleanup")

    with fail_after(5), anyio.move_on_after(0.05) as cancelled:
        await background.for_ever(LOOK, broken_while_cancelled)
    assert cancelled.cancelled_caught
    assert rounds == 1

    async def group() -> None:
        await nothing()
        raise BaseExceptionGroup("both", [RuntimeError("a"), KeyboardInterrupt()])

    with pytest.raises(BaseExceptionGroup) as caught:
        await background.attempt(LOOK, group)
    assert [type(exc) for exc in caught.value.exceptions] == [KeyboardInterrupt]
    assert background.failures["look"] == 2


async def test_a_pause_doubles_up_to_its_limit() -> None:
    background = Background()
    pauses = []
    for _ in range(20):
        background.failed(RETENTION, RuntimeError())
        pauses.append(background.pause_s(RETENTION))
    assert pauses[:3] == [0.1, 0.2, 0.4]
    assert pauses[-1] == RETENTION.pause_max_s


async def test_what_nobody_catches_leaves() -> None:
    arm("background.look=escape", environment="test")
    with pytest.raises(Escaped):
        await Background().for_ever(LOOK, nothing)


def test_every_task_has_a_name_of_its_own_and_is_told_in_the_docs() -> None:
    """The table is a view of the registry: whoever adds a task says there what happens when it fails."""
    assert len({task.name for task in TASKS}) == len(TASKS)
    page = (Path(__file__).parents[2] / "docs/background-tasks.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{task.name}` | {task.does} | {task.on_failure} | {'yes' if task.essential else ''} |" for task in TASKS
    ]


# Each of these has somebody who waits for it and hears of its failure, or cannot fail.
WAITED_FOR = {
    "background.py": ["self.for_ever, task, work"],
    "browser/chromium/detached.py": ["outcome.settle, call", "cancel_when_lost"],
    "browser/drawing.py": ["self._belong", "self._save_each"],
    "browser/chromium/page_memory.py": ["self._look_on"],
    "browser/pool/pool.py": ["self._keep, holder", "supervisor.close"],
    "browser/setup/rate.py": ["work, number"],
    "browser/pool/spare_page.py": ["cancel_when_lost"],
    "browser/pool/supervisor.py": ["self._end, kept", "self._look_after, kept", "self._replenish, kept", "_cancel_at"],
    "browser/chromium/escape_vectors.py": ["tcp.serve", "_hear_udp"],
    "cli/session.py": ["self._heed", "self._cancel"],
    "api/endpoints/health.py": ["_note, checks"],
    "api/connections/server.py": ["self._watch_lifespan"],
    "runs/peers.py": ["self._log.hear"],
    "runs/webhooks.py": ["self._try"],
    "sources/remote.py": ["self._get"],
    "exports/video.py": ["(speak)", "(draw)", "(encode,"],
    "exports/media/narration.py": ["(speak,"],
    "exports/media/process.py": ["(feed)", "(read_said,"],
    "pipeline/preview.py": ["self._give_way", "self._in_a_page"],
    "api/endpoints/preview.py": ["(watch)"],
    "cli/watching.py": ["end_on_interrupt"],
    "cli/make.py": ["maker.heed", "self._make_in_turn"],
}


def test_nothing_is_started_without_a_name_unless_somebody_waits_for_it() -> None:
    root = Path(__file__).parents[2] / "backend/pressrun"
    for path in root.rglob("*.py"):
        name = path.relative_to(root).as_posix()
        started = [line.strip() for line in path.read_text().splitlines() if "start_soon" in line]
        unnamed = [line for line in started if "background." not in line]
        assert [line for line in unnamed if not any(known in line for known in WAITED_FOR.get(name, ()))] == [], name


@asynccontextmanager
async def open_pool(**config: object) -> AsyncIterator[tuple[BrowserPool, FakeSources, Background]]:
    sources, background = FakeSources(), Background()
    config = replace(QUICK, **{"local": 1, "ping_interval_s": 0.02, **config})
    with fail_after(20):
        async with open_browser_pool(config, sources, background) as pool:
            yield pool, sources, background


async def shows_a_page(pool: BrowserPool) -> None:
    async with pool.lease(**SCREEN) as lease:
        await lease.load("<p>x")


async def test_a_browser_whose_guard_raises_costs_nobody_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = anyio.Event()
    raised = 0

    async def guard(self: FakeBrowser) -> None:
        nonlocal raised
        await nothing()
        if raised < 1:
            raised += 1
            raise FileNotFoundError("/proc/1/task")
        guarded.set()
        await self.lost.wait()

    monkeypatch.setattr(FakeBrowser, "guard", guard)
    async with open_pool() as (pool, _, background):
        await shows_a_page(pool)
        await guarded.wait()
        await shows_a_page(pool)
        assert background.failures["page_memory"] == 1


async def test_a_browser_that_cannot_be_guarded_is_told_by_readyz(monkeypatch: pytest.MonkeyPatch) -> None:
    async def guard(self: FakeBrowser) -> None:
        await nothing()
        raise FileNotFoundError("/proc/1/task")

    monkeypatch.setattr(FakeBrowser, "guard", guard)
    async with open_pool() as (pool, _, background):
        await shows_a_page(pool)
        while not background.failing():  # noqa: ASYNC110 - no event tells of a count
            await anyio.sleep(0.02)
        assert background.failing() == [f"{PAGE_MEMORY.name} fails again and again (FileNotFoundError)"]
        await shows_a_page(pool)


async def test_a_browser_that_cannot_be_watched_is_replaced_and_runs_end_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ping(self: FakeBrowser, timeout_s: float) -> bool:
        await nothing()
        raise RuntimeError("broken")

    monkeypatch.setattr(FakeBrowser, "ping", ping)
    async with open_pool(idle_ping_s=0.02) as (pool, sources, background):
        async with pool.lease(**SCREEN) as lease:
            first = sources.made[0].started[0]
            while pool.supervisors[0].state == "up":  # noqa: ASYNC110 - no event tells of a state
                await anyio.sleep(0.01)
            await lease.load("<p>still drawn")
            assert first.is_usable
        await first.lost.wait()
        assert background.failures["browser_watch"] >= 3
        await shows_a_page(pool)
        assert len(sources.made[0].started) == 2


async def test_a_watch_that_fails_once_costs_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    pings, seen = 0, anyio.Event()

    async def ping(self: FakeBrowser, timeout_s: float) -> bool:
        nonlocal pings
        pings += 1
        await nothing()
        if pings == 1:
            raise RuntimeError("broken")
        seen.set()
        return True

    monkeypatch.setattr(FakeBrowser, "ping", ping)
    async with open_pool(idle_ping_s=0.02) as (pool, sources, background):
        await shows_a_page(pool)
        await seen.wait()
        await shows_a_page(pool)
        assert (background.failures["browser_watch"], len(sources.made[0].started)) == (1, 1)


async def test_a_browser_that_cannot_be_closed_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def close(self: FakeBrowser, timeout_s: float) -> None:
        await nothing()
        raise RuntimeError("broken")

    monkeypatch.setattr(FakeBrowser, "close", close)
    async with open_pool(recycle_after=1) as (pool, sources, background):
        for _ in range(3):
            await shows_a_page(pool)
    assert not any(browser.is_usable for browser in sources.made[0].started)
    assert background.failures["browser_end"] == 3


@pytest.mark.parametrize("for_ever", [False, True])
async def test_a_lease_that_cannot_be_kept_fails_and_its_place_comes_back(for_ever: bool) -> None:
    arm(f"background.lease:{'*' if for_ever else 1}=EIO", environment="test")
    async with open_pool(contexts=1, max_waiting=1) as (pool, _, background):
        for _ in range(3 if for_ever else 1):
            with pytest.raises(BrowserUnavailable):
                await shows_a_page(pool)
        assert pool.pressure().running == 0
        if not for_ever:
            await shows_a_page(pool)
        assert background.failures[LEASE.name] == (3 if for_ever else 1)


async def test_a_page_that_cannot_be_given_back_takes_its_browser_along(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_pool() as (pool, sources, _):
        supervisor = pool.supervisors[0]
        give_back = supervisor.give_back

        async def broken(kept: object) -> None:
            await nothing()
            monkeypatch.setattr(supervisor, "give_back", give_back)
            raise RuntimeError("broken")

        monkeypatch.setattr(supervisor, "give_back", broken)
        await shows_a_page(pool)
        assert not sources.made[0].started[0].is_usable
        await shows_a_page(pool)


@pytest.mark.chromium
async def test_a_driver_whose_watch_raises_is_watched_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, raised = Driver.watch, False

    async def broken_once(self: Driver) -> None:
        nonlocal raised
        if not raised:
            raised = True
            raise RuntimeError("broken")
        await watch(self)

    monkeypatch.setattr(Driver, "watch", broken_once)
    background = Background()
    with fail_after(30):
        async with open_browser_pool(replace(QUICK, local=1, ping_interval_s=60), background=background) as pool:
            await shows_a_page(pool)
            assert background.failures["driver_watch"] == 1
            kept = pool.supervisors[0].processes[0]
            await kept.browser.driver.kill(politely=False)  # type: ignore[attr-defined]
            await kept.browser.lost.wait()
            await shows_a_page(pool)


def test_a_sweep_at_the_door_that_raises_is_not_the_last_one() -> None:
    """Who asks nothing is still sent away: one broken sweep must not end all of them."""
    arm("background.connection_limit:1=EIO", environment="test")
    background = Background()
    limiter = ConnectionLimiter(PlainTextResponse("x"), 20, head_limit_s=0.2, background=background)
    with serve_behind(limiter) as port, socket.create_connection(("127.0.0.1", port), timeout=HANG_S) as silent:
        assert silent.recv(1) == b""
    assert background.failures["connection_limit"] == 1


def test_browser_watch_is_essential() -> None:
    assert BROWSER_WATCH.essential
