"""The guard against its ten-line model, under any order of begins, ends, jumps of the clock, crashes and reboots.

`GuardMachine.open_core` opens what is judged, so another back end is a subclass with another way to open it.
`PRESSRUN_GUARD_EXAMPLES=2000` plays at random and for longer.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pressrun.db import Connection
from pressrun.db import run_queue as queue_queries
from pressrun.db import runs as run_queries
from pressrun.errors import CallerLimit, IdempotencyKeyReused, RunEnded, ServerBusy
from pressrun.events.model import Cancelled, Complete, Error
from pressrun.runs import admission
from pressrun.runs.admission import Policies
from pressrun.runs.model import Run
from pressrun.runs.rejection import LanePaused, RunRejected
from pressrun.settings import GuardConfig
from tests.support.clock import ManualClock
from tests.support.core import COMPLETE, Core, open_core
from tests.support.guard_model import (
    FRONT,
    LANES,
    MAX_QUEUED,
    SHARE_QUEUED,
    SHARE_RUNS,
    STALE_S,
    WINDOW_S,
    GuardModel,
    ModelRun,
)
from tests.support.postgres import Postgres

CONFIG = GuardConfig(
    dedup_window_s=WINDOW_S,
    run_max_s=STALE_S,
    max_queued=MAX_QUEUED,
    lanes=LANES,
    caller_max_runs=SHARE_RUNS,
    caller_max_queued=SHARE_QUEUED,
)
ENDS: dict[str, Complete | Error | Cancelled] = {
    "complete": COMPLETE,
    "error": Error(code="internal", message="x"),
    "cancelled": Cancelled(by="user"),
}
TEXTS = ("a", "b")
CALLERS = ("local", "other")

lanes = st.sampled_from(sorted(LANES))
texts = st.sampled_from(TEXTS)
callers = st.sampled_from(["local", *CALLERS])
picks = st.integers(min_value=0, max_value=50)
keys = st.sampled_from([None, None, "one", "two"])
SAID: dict[type[Exception], str] = {
    LanePaused: "paused",
    ServerBusy: "full",
    CallerLimit: "limit",
    IdempotencyKeyReused: "key_reused",
}


class GuardMachine(RuleBasedStateMachine):
    """One life of a database: processes come and go on it, the clock jumps, runs begin and end."""

    open_core: Callable[..., AbstractAsyncContextManager[Core]] = staticmethod(open_core)
    processes = 1  # at a time

    @initialize()
    def open(self) -> None:
        shared_memory = Path("/dev/shm")  # the guard is judged here, not the disk
        self.folder = Path(tempfile.mkdtemp(dir=shared_memory if shared_memory.is_dir() else None))
        self.clock, self.model, self.owners = ManualClock(), GuardModel(), 0
        self.portal_context = start_blocking_portal()
        self.portal: BlockingPortal = self.portal_context.__enter__()
        self.start_process()
        self.submit("a", "default", "reject", "reject", 0)  # most games are about a lane that is taken
        self.submit("b", "default", "queue", "reject", 0)

    def start_process(self) -> None:
        self.context = ExitStack()
        self.cores = [self.context.enter_context(self.open_process()) for _ in range(self.processes)]
        self.core = self.cores[0]

    def open_process(self) -> AbstractContextManager[Core]:
        self.owners += 1
        return self.portal.wrap_async_context_manager(
            self.open_core(self.folder, self.clock, owner=f"process-{self.owners}", config=CONFIG)
        )

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.context.close()
            self.portal_context.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    def choose(self, pick: int, *statuses: str) -> ModelRun | None:
        found = [run for run in self.model.runs.values() if run.status in statuses]
        return found[pick % len(found)] if found else None

    def finish(self, name: str, attempt: int | None, end: str) -> bool:
        return bool(self.portal.call(self.core.lifecycle.finish, name, attempt, ENDS[end]))

    @rule(
        text=texts,
        lane=lanes,
        on_busy=st.sampled_from(["reject", "join", "queue", "replace"]),
        on_duplicate=st.sampled_from(["reject", "reject", "join", "run", None]),
        priority=st.integers(min_value=-1, max_value=1),
        caller=callers,
        key=keys,
    )
    def submit(
        self,
        text: str,
        lane: str,
        on_busy: Any,
        on_duplicate: Any,
        priority: int,
        caller: str = "local",
        key: str | None = None,
    ) -> None:
        expected, named = self.model.expect(text, lane, on_busy, on_duplicate, caller, key)
        passes = on_busy == "replace" and bool(self.model.busy(lane)) and self.model.passes(lane, caller)
        submission = self.core.submission(text, lane=lane, priority=priority, caller=caller, idempotency_key=key)
        policies = Policies(on_busy=on_busy, on_duplicate=on_duplicate)
        at_once = self.portal.call(admission.refusal_nowait, self.core.guard, submission, policies)
        if at_once is not None:  # it may know nothing, but nothing wrong
            assert at_once.reason == expected
            assert at_once.active.operation_id in named
        try:
            admitted = self.portal.call(admission.admit, self.core.guard, submission, policies)
        except RunRejected as rejected:
            told, name = rejected.reason, rejected.active.operation_id
        except tuple(SAID) as refused:
            told, name = SAID[type(refused)], ""
        else:
            told, name = admitted.disposition, admitted.replaces or admitted.run.operation_id
        assert told == expected
        if told not in {"started", "queued", *SAID.values()}:
            assert name in named
        if told in {"started", "queued", "replaced"}:
            run = ModelRun(submission.operation_id, text, lane, FRONT if passes and told != "started" else priority)
            run.caller, run.key = caller, key
            self.accept(run, told, name)

    def accept(self, run: ModelRun, disposition: str, replaces: str) -> None:
        self.model.runs[run.name] = run
        if disposition == "started":
            self.model.begin(run)
            return
        self.model.enter(run)
        if disposition == "replaced":
            self.cancel_run(self.model.runs[replaces])
            self.promote(run.lane)

    @rule(pick=picks, on_busy=st.sampled_from(["reject", "queue"]), priority=st.integers(min_value=-1, max_value=1))
    def retry(self, pick: int, on_busy: Any, priority: int) -> None:
        """Of a run that has no result: it meets the lane as any other would. Of any other: never."""
        run = self.choose(pick, "error", "cancelled", "complete")
        if run is None:
            return
        expected, named = self.model.expect(run.text, run.lane, on_busy, "reject", run.caller)
        submission = self.core.submission(run.text, lane=run.lane, priority=priority, caller=run.caller)
        submission = replace(submission, operation_id=run.name, retry=True)
        try:
            admitted = self.portal.call(admission.admit, self.core.guard, submission, Policies(on_busy=on_busy))
        except RunRejected as rejected:
            told, name = rejected.reason, rejected.active.operation_id
        except RunEnded:
            told, name = "ended", ""
        except tuple(SAID) as refused:
            told, name = SAID[type(refused)], ""
        else:
            told, name = admitted.disposition, admitted.run.operation_id
        assert told == ("ended" if run.status == "complete" and expected in {"started", "queued"} else expected)
        if told in {"started", "queued"}:
            assert name == run.name
            self.model.retry(run, priority)
        elif name:
            assert name in named
        if told == "started":
            self.model.begin(run)
        elif told == "queued":
            self.model.enter(run)

    @rule(lane=lanes, paused=st.booleans())
    def pause_lane(self, lane: str, paused: bool) -> None:
        self.portal.call(partial(self.core.guard.queue.set_lane_paused, lane, paused=paused))
        (self.model.paused.add if paused else self.model.paused.discard)(lane)

    @rule(pick=picks, paused=st.booleans())
    def pause_run(self, pick: int, paused: bool) -> None:
        run = self.choose(pick, "queued")
        if run is not None:
            self.portal.call(partial(self.core.guard.queue.set_run_paused, run.name, run.caller, paused=paused))
            run.paused = paused

    @rule(text=texts, priority=st.integers(min_value=-1, max_value=1), caller=callers)
    def line_up(self, text: str, priority: int, caller: str) -> None:
        self.submit(text, "default", "queue", "run", priority, caller)

    @rule(text=texts, on_duplicate=st.sampled_from(["reject", "join", "run", None]), caller=callers)
    def send_by_key(self, text: str, on_duplicate: Any, caller: str) -> None:
        self.submit(text, "wide", "queue", on_duplicate, 0, caller, "one")

    @rule(text=texts)
    def start(self, text: str) -> None:
        self.submit(text, "default", "reject", "reject", 0)

    @rule(lane=lanes)
    def start_anew(self, lane: str) -> None:
        self.submit("other", lane, "reject", "reject", 0)

    @rule(pick=picks, end=st.sampled_from(sorted(ENDS)))
    def end_running(self, pick: int, end: str) -> None:
        run = self.choose(pick, "running")
        if run is not None:
            assert self.finish(run.name, run.attempt, end)
            self.model.end(run, end)

    @rule(end=st.sampled_from(sorted(ENDS)))
    def end_what_has_no_right_to(self, end: str) -> None:
        """What ended before, an attempt that is over, a run that only waits, a stranger: none of them ends anything."""
        self.portal.call(self.core.guard.end_run, self.core.ids.new())
        for run in self.model.runs.values():
            if run.status == "running":
                assert run.attempt == 1 or not self.finish(run.name, run.attempt - 1, end)
                continue
            self.portal.call(self.core.guard.end_run, run.name)
            assert (run.status == "queued" and end == "cancelled") or not self.finish(run.name, None, end)
            if run.status in {"complete", "error"}:
                with pytest.raises(RunEnded):
                    self.portal.call(self.core.lifecycle.request_cancel, run.name, "user")

    @rule(pick=picks, times=st.integers(min_value=1, max_value=2))
    def free_the_slot_before_the_end(self, pick: int, times: int) -> None:
        """`end_run` in some `finally`, before the run's own end has been written."""
        run = self.choose(pick, "running")
        if run is not None:
            for _ in range(times):
                self.portal.call(self.core.guard.end_run, run.name)
            run.slot = False

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        run = self.choose(pick, "queued", "running")
        if run is not None:
            self.cancel_run(run)

    def cancel_run(self, run: ModelRun) -> None:
        _, news = self.portal.call(self.core.lifecycle.request_cancel, run.name, "user")
        assert news
        assert self.finish(run.name, None, "cancelled")
        self.model.end(run, "cancelled")

    @rule(lane=lanes)
    def promote(self, lane: str) -> None:
        assert self.portal.call(self.core.guard.promote, lane) == self.model.promote(lane)

    @rule(seconds=st.sampled_from([0.5, 1, WINDOW_S, STALE_S]))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.model.ticks += seconds

    @rule(pick=picks, edge_s=st.sampled_from([WINDOW_S, STALE_S]), off_s=st.sampled_from([-0.5, 0, 0.5]))
    def come_to_an_edge(self, pick: int, edge_s: float, off_s: float) -> None:
        """Just before, at or just after the end of some run's window or of its time in a slot."""
        run = self.choose(pick, "running", "complete")
        if run is not None and run.begun[0] == self.model.epoch:
            self.let_time_pass(max(0, run.begun[1] + edge_s + off_s - self.model.ticks))

    @rule(seconds=st.sampled_from([-7200.0, -6.0, 6.0, 3600.0]))
    def step_the_wall_clock(self, seconds: float) -> None:
        self.clock.step_wall(seconds)

    @rule(pick=picks)
    def go_to_another_process(self, pick: int) -> None:
        self.core = self.cores[pick % len(self.cores)]
        self.let_time_pass(0.25)  # so long a process may give a refusal again whatever others have done

    @rule(reboot=st.booleans())
    def restart(self, reboot: bool) -> None:
        self.context.close()
        if reboot:
            self.clock.reboot()
            self.model.epoch, self.model.ticks = self.clock.epoch, self.clock.ticks_s()
        self.start_process()
        self.portal.call(self.core.lifecycle.adopt_slots)
        for run in list(self.model.runs.values()):
            if run.status == "running":
                self.portal.call(self.core.lifecycle.claim, run.name, run.retries)
        self.model.restart()

    def read(self, query: Callable[..., Any], *args: object) -> Any:
        return self.portal.call(self.core.database.read, query, *args)

    @invariant()
    def whoever_asked_now_would_be_told_what_the_model_says(self) -> None:
        if hasattr(self, "core"):
            self.portal.call(self.probe_all)

    async def probe_all(self) -> None:
        for text, lane, caller in product((*TEXTS, "never sent"), LANES, CALLERS):
            expected, named = self.model.expect(text, lane, "reject", "reject", caller)
            found = await self.core.guard.probe(self.core.submission(text, lane=lane, caller=caller))
            if isinstance(found, LanePaused):
                assert expected == "paused", (text, lane)
                continue
            assert (found.reason if found else "started") == expected.replace("limit", "started"), (text, lane)
            assert found is None or found.active.operation_id in named, (text, lane)

    @invariant()
    def the_rows_say_what_the_model_says(self) -> None:
        if not hasattr(self, "core"):
            return
        waiting = {lane: [run.name for run in self.model.waiting(lane)] for lane in LANES}
        rows, places, alone = self.read(look, list(self.model.runs), waiting)
        for name, run in self.model.runs.items():
            assert (rows[name].status, rows[name].attempt) == (run.status, run.attempt), run
        for lane, slots in LANES.items():
            held = {run.name for run in self.model.held(lane)}
            assert len(held) <= slots
            current: Run | None = self.portal.call(self.core.guard.current_run, lane)
            assert (current.operation_id in held) if current else not held
            assert sorted(places[lane], key=places[lane].__getitem__) == waiting[lane]
            assert sorted(places[lane].values()) == list(range(1, len(waiting[lane]) + 1))
            assert {name: alone[name] for name in waiting[lane]} == places[lane]


def look(connection: Connection, names: list[str], waiting: dict[str, list[str]]) -> tuple[Any, Any, dict[str, int]]:
    """The rows of all runs, and the places of those that wait: together, and each asked for alone."""
    rows = {name: run_queries.get(connection, name) for name in names}
    places = {lane: queue_queries.positions(connection, queue) for lane, queue in waiting.items()}
    return rows, places, {name: place_of(connection, name) for queue in waiting.values() for name in queue}


def place_of(connection: Connection, operation_id: str) -> int:
    row = run_queries.get(connection, operation_id)
    assert row is not None
    return queue_queries.position_of(connection, row)


EXAMPLES = int(os.environ.get("PRESSRUN_GUARD_EXAMPLES", "0"))


def settings_for(examples: int) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        stateful_step_count=30,
        derandomize=not EXAMPLES,  # the suite plays the same games each time; the long run by hand new ones
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )


@pytest.mark.slow
class TestTheGuardDoesWhatItsModelSays(GuardMachine.TestCase):  # type: ignore[misc,name-defined]
    settings = settings_for(15)


class PostgresGuardMachine(GuardMachine):
    """The same games on Postgres, each in a database of its own, by two processes at a time."""

    processes = 2


@pytest.mark.slow
class TestTheGuardDoesWhatItsModelSaysOnPostgres(PostgresGuardMachine.TestCase):  # type: ignore[misc,name-defined]
    settings = settings_for(5)

    @pytest.fixture(autouse=True)
    def on_postgres(self, postgres: Postgres) -> None:
        def open_there(folder: Path, *args: Any, **values: Any) -> AbstractAsyncContextManager[Core]:
            return open_core(postgres.database(str(folder)), *args, **values)

        PostgresGuardMachine.open_core = staticmethod(open_there)
