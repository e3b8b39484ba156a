"""The four counts of issue 4: "200 kills: 0 lost events, 0 repeated captures, 0 corrupt folders, 0 leaked slots"; and
finished exports that were made again (issue 14).

The judge (checker.py) holds more, and decides; these are what a person asks for.
"""

from __future__ import annotations

from tests.support.chaos.history import History, World
from tests.support.runs import TERMINAL


def tally(history: History, world: World) -> dict[str, int]:
    """What was lost, repeated, broken and leaked."""
    return {
        "lost_events": _count_lost_events(history, world),
        "repeated_captures": _count_repeated_captures(world),
        "repeated_exports": sum(len(attempts) - 1 for attempts in world.exports.values()),
        "corrupt_folders": _count_corrupt_folders(world),
        "leaked_slots": len(world.slots),
    }


def _count_lost_events(history: History, world: World) -> int:
    """Missing in a log, or in what a reader saw of it; an end that never came is one too."""
    lost = 0
    for run in world.runs:
        seqs = {event.seq for event in world.events.get(run.operation_id, [])}
        lost += len(set(range(1, run.last_seq + 1)) - seqs) + (run.status not in TERMINAL)
    lost += len(history.accepted.keys() - {run.operation_id for run in world.runs})
    for story in history.stories:
        logged = {event.seq for event in world.events.get(story.operation_id, [])}
        lost += len(logged - {event["seq"] for event in story.events})
    return lost


def _count_repeated_captures(world: World) -> int:
    """Captures of slides that an earlier attempt had captured and told of."""
    told = {
        (operation_id, event.data["index"]): event.attempt
        for operation_id, logged in world.events.items()
        for event in reversed(logged)
        if event.type == "screenshot"
    }
    return sum(
        times
        for (operation_id, attempt, index), times in world.captures.items()
        if told.get((operation_id, index), attempt) < attempt
    )


def _count_corrupt_folders(world: World) -> int:
    """Those that do not verify, are nobody's, or are not there."""
    wanted = {run.folder for run in world.runs if run.status == "complete"}
    return sum(problem is not None for problem in world.folders.values()) + len(wanted ^ world.folders.keys())
