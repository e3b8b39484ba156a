"""Two processes on one Postgres: what one commits the other hears, and which of them lives."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from sqlalchemy import text

from pressrun.db.notifier import decode, encode
from pressrun.db.postgres import parse_url
from pressrun.db.processes import SILENT_AFTER_S, Heartbeat, cut_off_silent, list_gone
from pressrun.db.runs import get
from pressrun.db.ticks import DatabaseClock, read_clock
from pressrun.db.triggers import EVENTS
from pressrun.db.wakeups import open_wakeups
from pressrun.errors import ServerBusy, StartupError
from pressrun.events.log import EventLog
from pressrun.events.model import Log
from pressrun.runs.guard import RunGuard
from pressrun.runs.journal import RunJournal
from pressrun.runs.model import Run
from pressrun.settings import GuardConfig
from tests.support.core import Core, open_core
from tests.support.limits import fail_after
from tests.support.postgres import Postgres

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path) -> str:
    return postgres.database(str(tmp_path))


@pytest.fixture
async def core(url: str) -> AsyncIterator[Core]:
    async with open_core(url) as core:
        yield core


async def look_again() -> None:
    """What is waited for takes a second: looking without a pause would cost a core."""
    await anyio.sleep(0.02)


@asynccontextmanager
async def limit() -> AsyncIterator[None]:
    with fail_after(20):
        yield


@pytest.mark.promise("background")
async def test_what_is_no_wakeup_costs_nobody_the_connection(core: Core, url: str) -> None:
    """Anybody who may use the database may say anything in the channel; before, it ended the whole server."""
    async with limit(), open_wakeups(url, "other") as wakeups:
        await core.database.write(say_nonsense)
        run = await core.begin()
        assert await wakeups.next() == ({run.operation_id: 1}, frozenset())


def say_nonsense(connection) -> None:
    for payload in ("", "x", "x y", "x 1 2", "x -1"):
        connection.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": EVENTS, "payload": payload})


async def test_every_committed_event_is_heard_and_of_a_rolled_back_one_nothing(core: Core, url: str) -> None:
    async with limit(), open_wakeups(url, "other") as wakeups:
        run = await core.begin()
        with pytest.raises(RuntimeError):
            await core.database.write(append_and_break, run.operation_id)
        heard = await wakeups.next()
        assert heard == ({run.operation_id: 1}, frozenset())
        await core.journal.append(run.operation_id, 1, Log(message="x"))
        while heard == ({run.operation_id: 1}, frozenset()):  # with the commit, and once more with what came since
            heard = await wakeups.next()
        assert heard == ({run.operation_id: 2}, frozenset())


async def test_that_a_run_begins_is_told_with_its_commit_whatever_becomes_of_who_committed(url: str) -> None:
    """Who sleeps while there is no run must hear of one whose process dies before it could tell anybody."""
    async with limit(), open_core(url, owner="dies at once") as core, open_wakeups(url, "sleeps") as wakeups:
        config = GuardConfig(dedup_window_s=5, run_max_s=1800)
        log = EventLog(core.database)
        journal = RunJournal(core.database, log, core.clock)
        untold = RunGuard(core.database, log, journal, core.clock, config, owner="dies at once")
        run = await untold.admit(core.submission())
        assert isinstance(run, Run)
        assert await wakeups.next() == ({run.operation_id: 1}, frozenset())


def append_and_break(connection, operation_id: str) -> None:
    query = "INSERT INTO events (operation_id, seq, attempt, type, data, at) VALUES (:id, 2, 1, 'log', '{}', 0)"
    connection.execute(text(query), {"id": operation_id})
    raise RuntimeError


async def test_a_request_to_cancel_is_heard(core: Core, url: str) -> None:
    run = await core.begin()
    async with limit(), open_wakeups(url, "other") as wakeups:
        await core.lifecycle.request_cancel(run.operation_id, "user")
        cancelled: frozenset[str] = frozenset()
        while not cancelled:  # the run's first event, sent a moment after its commit, may be heard too
            _, cancelled = await wakeups.next()
        assert cancelled == {run.operation_id}


async def test_a_reader_in_another_process_gets_what_is_heard_and_what_was_not(core: Core, url: str) -> None:
    run = await core.begin()
    seqs: list[int] = []
    arrived = anyio.Event()

    async def follow(there: Core) -> None:
        nonlocal arrived
        async for event in there.log.follow(run.operation_id):
            seqs.append(event.seq)
            arrived.set()
            arrived = anyio.Event()

    async with limit(), open_core(url, owner="process-2") as there, anyio.create_task_group() as tasks:
        tasks.start_soon(follow, there)
        await arrived.wait()
        for _ in range(3):  # of these only the last one is heard of
            await core.journal.append(run.operation_id, 1, Log(message="x"))
        await there.log.hear(run.operation_id, 4)
        await core.complete(run)
        await there.log.hear(run.operation_id, 5)
    assert seqs == [1, 2, 3, 4, 5]


async def test_many_readers_of_one_run_cost_one_reading_for_each_event(core: Core, url: str) -> None:
    run = await core.begin()
    async with limit(), open_core(url, owner="process-2") as there:
        reads = 0
        read_after = there.log.read_after

        async def count(operation_id: str, after: int, limit: int = 500):
            nonlocal reads
            reads += 1
            return await read_after(operation_id, after, limit)

        there.log.read_after = count  # type: ignore[method-assign]
        stories: list[list[int]] = []

        async def follow() -> None:
            stories.append([event.seq async for event in there.log.follow(run.operation_id)])

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(follow)
            await anyio.wait_all_tasks_blocked()
            while there.log.followed() == 0:
                await look_again()
            await core.journal.append(run.operation_id, 1, Log(message="x"))
            await core.complete(run)
            before = reads
            await there.log.hear(run.operation_id, 2)
            await there.log.hear(run.operation_id, 3)
        assert stories == [[1, 2, 3]] * 50
        assert reads - before <= 2


async def test_a_process_is_gone_when_its_session_is_and_not_before(core: Core, url: str) -> None:
    assert await core.database.read(list_gone, ["other"])
    async with limit(), open_wakeups(url, "other"):
        assert not await core.database.read(list_gone, ["other"])
        assert await core.database.read(list_gone, ["somebody else"])
    async with limit():
        while not await core.database.read(list_gone, ["other"]):
            await look_again()


async def test_a_connection_that_breaks_is_made_again_and_hears_on(core: Core, url: str) -> None:
    run = await core.begin()
    async with limit(), open_wakeups(url, "other") as wakeups:
        assert await core.database.write(break_connections, "pressrun wake-ups") == 1
        heard: dict[str, int] = {}
        while heard.get(run.operation_id, 0) <= 2:  # what is committed while nobody listens is not heard
            await core.journal.append(run.operation_id, 1, Log(message="x"))
            with anyio.move_on_after(0.2):
                heard, _ = await wakeups.next()


async def test_a_heartbeat_that_breaks_is_given_again(core: Core, url: str) -> None:
    async with limit(), open_wakeups(url, "other"):
        assert await core.database.write(break_connections, "pressrun process other") == 1
        while not await core.database.read(list_gone, ["other"]):
            await look_again()
        while await core.database.read(list_gone, ["other"]):
            await look_again()


async def test_who_has_just_lost_the_database_does_not_judge_others(core: Core, url: str) -> None:
    async with limit(), open_wakeups(url, "other") as wakeups:
        assert wakeups.may_judge()
        assert await core.database.write(break_connections, "pressrun process other") == 1
        with fail_after(2):
            while wakeups.may_judge():
                await look_again()
        while await core.database.read(list_gone, ["other"]):
            await look_again()
        assert not wakeups.may_judge(), "others may still be on their way back"
        while not wakeups.may_judge():
            await look_again()


async def test_who_shows_no_heartbeat_is_cut_off_and_who_does_is_not(core: Core, url: str) -> None:
    async with open_core(url, owner="frozen") as theirs:
        run = await theirs.begin()
    sign = Heartbeat(parse_url(url).set(drivername="postgresql").render_as_string(), "frozen")
    async with limit(), open_wakeups(url, "living"):
        with closing(await anyio.to_thread.run_sync(sign.connect)):  # and nobody keeps it
            assert await core.database.write(cut_off_silent) == []
            await anyio.sleep(SILENT_AFTER_S)  # what is measured is silence
            with fail_after(1):
                while (cut_off := await core.database.write(cut_off_silent)) == []:
                    await look_again()
            assert cut_off == ["frozen"]
            row = await core.database.read(get, run.operation_id)
            assert row is not None
            assert row.handed_back, "its next attempt would be counted as a crash"
            while not await core.database.read(list_gone, ["frozen"]):
                await look_again()
        assert not await core.database.read(list_gone, ["living"])


async def test_a_process_that_rests_is_not_missed_unless_it_has_a_run(core: Core, url: str) -> None:
    """While there is no run nobody beats; one who was frozen just when it began one must be taken over from."""
    async with limit(), open_wakeups(url, "resting") as resting:
        assert await sessions_of(core, "process") == ["resting"]
        resting.set_busy(False)
        while await sessions_of(core, "resting") != ["resting"]:
            await look_again()
        await anyio.sleep(SILENT_AFTER_S)  # what is measured is silence
        for _ in range(10):
            assert await core.database.write(cut_off_silent) == []
            await anyio.sleep(0.05)
        resting.set_busy(True)
        while await sessions_of(core, "process") != ["resting"]:
            await look_again()
        resting.set_busy(False)
        while await sessions_of(core, "resting") != ["resting"]:
            await look_again()
        async with open_core(url, owner="resting") as theirs:
            await theirs.begin()
        with fail_after(2 * SILENT_AFTER_S):
            while await core.database.write(cut_off_silent) == []:
                await look_again()


async def sessions_of(core: Core, what: str) -> list[str]:
    query = """SELECT application_name FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE :name"""
    found = await core.database.read(lambda c: c.execute(text(query), {"name": f"pressrun {what} %"}).scalars().all())
    return [name.rpartition(" ")[2] for name in found]


def break_connections(connection, name: str) -> int:
    query = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = :name AND datname = current_database() AND pid <> pg_backend_pid()"""
    return len(connection.execute(text(query), {"name": name}).all())


async def test_a_connection_that_breaks_in_a_transaction_is_a_busy_server_and_the_next_one_works(core: Core) -> None:
    def die(connection) -> None:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(ServerBusy):
        await core.database.write(die)
    await core.database.write(break_connections, "pressrun")
    run = await core.begin()
    assert (await core.guard.current_run()) == run


async def test_a_write_that_met_another_in_a_unique_key_is_run_again_and_sees_what_the_other_did(core: Core) -> None:
    """What stands behind the turn."""
    tries = 0

    def clash_once(connection) -> int:
        nonlocal tries
        tries += 1
        connection.execute(text("CREATE TEMP TABLE t (k integer PRIMARY KEY) ON COMMIT DROP"))
        for _ in range(1 if tries > 1 else 2):
            connection.execute(text("INSERT INTO t VALUES (1)"))
        return tries

    assert await core.database.write(clash_once) == 2


async def test_a_database_that_is_not_there_is_said_without_its_password() -> None:
    with pytest.raises(StartupError) as caught:
        async with open_core("postgresql+psycopg://me:hunter2hunter2@127.0.0.1:1/nothing"):
            pass
    assert "PRESSRUN_DATABASE_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    for wrong in ("mysql://me:hunter2hunter2@host/db", "not a url hunter2"):
        with pytest.raises(StartupError) as caught:
            async with open_core(wrong):
                pass
        assert "hunter2" not in str(caught.value)


async def test_processes_agree_on_the_ticks_of_their_database_to_a_few_milliseconds(core: Core) -> None:
    clocks = [await read_clock(core.database) for _ in range(2)]
    assert {clock.epoch for clock in clocks} == {"postgres"}
    assert abs(clocks[0].ticks_s() - clocks[1].ticks_s()) < 0.05
    server_s = await core.database.read(lambda c: c.execute(text("SELECT extract(epoch FROM now())")).scalar_one())
    assert abs(clocks[0].ticks_s() - float(server_s)) < 5


def test_a_step_of_the_servers_clock_is_not_followed() -> None:
    clock = DatabaseClock(1_000.0)
    before_s = clock.ticks_s()
    clock.adjust(1_000.0 + 3_600)
    clock.adjust(1_000.0 - 7_200)
    assert 0 <= clock.ticks_s() - before_s < 1


async def test_what_a_process_has_written_at_once_is_told_at_once_each_run_by_its_newest_event(
    core: Core, url: str
) -> None:
    first, second = await core.begin("first", lane="one"), await core.begin("second", lane="two")
    async with limit(), open_wakeups(url, "other") as wakeups:
        for _ in range(3):
            await core.journal.append(first.operation_id, 1, Log(message="x"), Log(message="y"))
        await core.journal.append(second.operation_id, 1, Log(message="x"))
        heard: dict[str, int] = {}
        while heard != {first.operation_id: 7, second.operation_id: 2}:
            heard |= (await wakeups.next())[0]


async def test_the_commit_of_an_event_tells_nobody(core: Core) -> None:
    """`NOTIFY` lets one commit pass after the other, whoever they are."""
    query = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'pressrun.events'::regclass AND NOT tgisinternal"
    assert await core.database.read(lambda connection: connection.execute(text(query)).scalar_one()) == 0


def test_payloads_are_short_enough_for_postgres_and_say_all() -> None:
    newest = {f"{number:036}": 10**9 + number for number in range(1_001)}
    payloads = encode(newest)
    assert max(map(len, payloads)) < 8_000
    told: dict[str, int] = {}
    for payload in payloads:
        told |= decode(payload)
    assert told == newest


async def test_the_instant_of_an_event_is_the_databases_also_where_the_clock_of_the_machine_is_wrong(
    url: str, faketime: list[str]
) -> None:
    script = (
        "import anyio, sys; from pressrun.db.engine import open_database; from pressrun.db.ticks import read_clock\n"
        "async def tell():\n"
        "    async with open_database(sys.argv[1]) as database:\n"
        "        print((await read_clock(database)).now().timestamp())\n"
        "anyio.run(tell)"
    )
    command = [*faketime, sys.executable, "-c", script, url]
    told = await anyio.run_process(command)
    assert abs(float(told.stdout) - time.time()) < 30


@pytest.fixture
def faketime() -> list[str]:
    """A command whose program lives an hour ago."""
    found = shutil.which("faketime")
    if found is None:
        pytest.skip("NOT TESTED: no faketime here; run: sudo apt-get install faketime")
    return [found, "-f", "-1h"]
