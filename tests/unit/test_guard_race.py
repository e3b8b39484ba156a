"""Eight real processes with 25 threads each ask for one slot at the same moment: one gets it, all others hear of it."""

from __future__ import annotations

import multiprocessing
import threading
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from pressrun.db.runs import list_page
from pressrun.db.slots import list_lane
from pressrun.runs.rejection import RunRejected
from tests.support.core import Core, open_core
from tests.support.limits import HANG_S

pytestmark = pytest.mark.slow

PROCESSES, THREADS = 8, 25
TOGETHER_S = 6  # else they did not ask at the same moment, and the test shows nothing


@dataclass(frozen=True)
class Answer:
    """What one thread was told, and when it had asked (CLOCK_MONOTONIC is one for all processes)."""

    process: int
    accepted: str | None
    named: str | None
    text: str
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
    start.wait(HANG_S)
    asked_at = time.monotonic()
    accepted = named = None
    same = False
    try:
        accepted = portal.call(core.begin, text).operation_id
    except RunRejected as rejected:
        named, same = rejected.active.operation_id, rejected.same_request
    return Answer(process, accepted, named, text, same, asked_at, time.monotonic())


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
    answers: list[Answer] = [answer for _ in processes for answer in queue.get(timeout=HANG_S)]
    for process in processes:
        process.join(HANG_S)
        assert process.exitcode == 0
    queue.close()
    queue.join_thread()
    assert len(answers) == PROCESSES * THREADS
    winners = [answer for answer in answers if answer.accepted]
    assert len(winners) == 1
    winner = winners[0]
    others = [answer for answer in answers if answer is not winner]
    assert [answer.named for answer in others] == [winner.accepted] * (PROCESSES * THREADS - 1)
    assert all(answer.same_request == (answer.text == winner.text) for answer in others), "whose request it is, too"
    early = {answer.process for answer in answers if answer.asked_at < winner.answered_at}
    assert len(early) >= 2, "no other process had asked before the winner knew: that was no race"
    assert max(answer.asked_at for answer in answers) - min(answer.asked_at for answer in answers) < TOGETHER_S
    assert anyio.run(written, where) == ([winner.accepted], [winner.accepted]), "one row, one slot"


async def written(where: Path | str) -> tuple[list[str], list[str]]:
    """The runs that there are, and those that hold a slot."""
    async with open_core(where, owner="afterwards") as core:
        runs = await core.database.read(list_page, "local", status=None, lane=None, text=None, before=None, limit=10)
        taken = await core.database.read(list_lane, "default")
    return [row.operation_id for row in runs], [row.operation_id for row in taken]
