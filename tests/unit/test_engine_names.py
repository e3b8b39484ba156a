"""The private names of DBOS that the engine sets: one that is no longer read would be set in vain, and silently."""

from __future__ import annotations

import inspect

from dbos import _queue, _workflow_commands

from pressrun.engine import engine


def test_what_the_engine_tells_dbos_to_do_rarely_is_asked_for_when_dbos_starts() -> None:
    assert "_BACKGROUND_JOBS_INTERVAL_SEC" in _workflow_commands.background_jobs_thread.__code__.co_names
    assert "queue._polling_interval_sec" in inspect.getsource(_queue.queue_worker_thread)
    # nothing of ours needs those jobs: workflows are neither delayed nor given a deadline of DBOS' own
    assert "SetWorkflowTimeout" not in inspect.getsource(engine)
    assert "delay_seconds" not in inspect.getsource(engine)
