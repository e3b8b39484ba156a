"""Eight real processes with 25 threads each ask for one slot at the same moment: one gets it, all others hear of it."""

from __future__ import annotations

import multiprocessing
import threading
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from pressrun.runs.rejection import RunRejected
from tests.support.core import Core, open_core

pytestmark = pytest.mark.slow

PROCESSES, THREADS = 8, 25
LIMIT_S = 60


@dataclass(frozen=True)
class Answer:
    """What one thread was told, and when it had asked (CLOCK_MONOTONIC is one for all processes)."""

    process: int
    accepted: str | None
    named: str | None
    same_request: bool
    asked_at: float
    answered_at: float


def race(where: Path | str, process: int, start: Barrier, answers: Queue[list[Answer]]) -> None:
    """One process: opens the database as a server would, then all its threads ask at once."""
    told: list[Answer] = []
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_core(where, owner=f"process-{process}")) as core,
    ):
        threads = [
            threading.Thread(target=lambda n=n: told.append(ask(portal, core, process, n, start)))  # type: ignore[misc]
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    answers.put(told)


def ask(portal: BlockingPortal, core: Core, process: int, thread: int, start: Barrier) -> Answer:
    """Half of the threads of each process send the very same request, the others one of their own."""
    text = "same" if thread % 2 else f"own {process} {thread}"
    start.wait(LIMIT_S)
    asked_at = time.monotonic()
    accepted = named = None
    same = False
    try:
        accepted = portal.call(core.begin, text).operation_id
    except RunRejected as rejected:
        named, same = rejected.active.operation_id, rejected.same_request
    return Answer(process, accepted, named, same, asked_at, time.monotonic())


def test_of_200_that_ask_at_once_in_eight_processes_one_is_accepted_and_named_to_all_others(
    where: Path | str,
) -> None:
    # forks of a clean server that has only imported: eight processes as separate as spawned ones, one import to pay for
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    start, queue = server.Barrier(PROCESSES * THREADS), server.Queue()
    processes = [server.Process(target=race, args=(where, n, start, queue), daemon=True) for n in range(PROCESSES)]
    for process in processes:
        process.start()
    answers: list[Answer] = [answer for _ in processes for answer in queue.get(timeout=LIMIT_S)]
    for process in processes:
        process.join(LIMIT_S)
        assert process.exitcode == 0
    queue.close()
    queue.join_thread()
    assert len(answers) == PROCESSES * THREADS
    winners = [answer for answer in answers if answer.accepted]
    assert len(winners) == 1
    assert {answer.named for answer in answers if not answer.accepted} == {winners[0].accepted}
    early = {answer.process for answer in answers if answer.asked_at < winners[0].answered_at}
    assert len(early) >= 2, "no other process had asked before the winner knew: that was no race"
