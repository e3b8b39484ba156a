"""The private names of DBOS that the engine replaces: one that is no longer used would be set in vain, and silently."""

from __future__ import annotations

import inspect

from dbos import DBOS, _dbos, _queue, _sys_db
from dbos._sys_db_postgres import PostgresSystemDatabase

from pressrun.background import Background
from pressrun.engine import engine
from pressrun.engine.recovery import RecoveryQueue


def test_the_threads_that_poll_are_those_that_dbos_starts() -> None:
    launch = inspect.getsource(DBOS._launch)
    for started in (
        "target=queue_thread, args=(evt, self)",
        "target=background_jobs_thread",
        "target=dynamic_scheduler_loop",
        "target=self._sys_db.run_notification_listener",
        "target=self._sys_db.run_notifier",
    ):
        assert started in launch
    assert launch.count("threading.Thread(") == 6, "those five, and one for each poller that an application registers"


def test_all_of_them_are_replaced_while_dbos_is_launched_and_none_after() -> None:
    places = [
        (_dbos, "queue_thread"),
        (_dbos, "background_jobs_thread"),
        (_dbos, "dynamic_scheduler_loop"),
        (_sys_db.SystemDatabase, "run_notification_listener"),
        (PostgresSystemDatabase, "run_notifier"),
    ]
    before = [getattr(owner, name) for owner, name in places]
    with RecoveryQueue(Background()).in_place_of_polling(on_postgres=True):
        assert not any(getattr(owner, name) is was for (owner, name), was in zip(places, before, strict=True))
    assert [getattr(owner, name) for owner, name in places] == before
    assert "run_notification_listener" not in vars(PostgresSystemDatabase), "else it would not be replaced there"


def test_the_worker_of_the_recovery_queue_asks_only_what_ours_answers() -> None:
    """Our stand-in for its event has `is_set` and `wait`, and its waits are the only place where time passes."""
    worker = inspect.getsource(_queue.queue_worker_thread)
    assert "stop_event.wait(timeout=polling_interval" in worker
    used = {name for name in dir(RecoveryQueue) if f"stop_event.{name}(" in worker}
    assert used == {"is_set", "wait"}
    assert worker.count("stop_event.") == sum(worker.count(f"stop_event.{name}(") for name in used)
    assert "sleep" not in worker


def test_nothing_of_ours_needs_what_is_not_started() -> None:
    """No delayed or timed workflows, no queues, schedules, messages, workflow events or streams of DBOS' own."""
    source = inspect.getsource(engine)
    for name in ("SetWorkflowTimeout", "delay_seconds", "Queue(", "scheduled", ".recv", ".send", "_event(", "stream"):
        assert name not in source
