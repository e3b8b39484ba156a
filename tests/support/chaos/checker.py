"""The one judge of all storms: every promise of SAFETY "Faults", held against a history and the world it left.

`judge` returns what is wrong, one sentence each; nothing is right only because nobody looked: a storm without runs is
wrong too. tests/unit/test_chaos_checker.py shows each rule red on a doctored history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests.support.chaos.history import History, LoggedEvent, RunRow, World
from tests.support.runs import TERMINAL

_MAX_CRASHES = 3
# what a run may end with when its browsers were killed or frozen under it, again and again
_OF_BROWSERS = frozenset({"browser_crashed", "browser_unavailable", "pool_exhausted"})
_FELT_LATER_S = 10  # a frozen browser is found within 5 s
_IN_FLIGHT = 2  # slides of a browser that are being saved when the process dies: one by each of its workers


def judge(history: History, world: World, *, slots_per_lane: int = 1, browsers: int = 1) -> list[str]:
    """What is wrong; empty when all promises were kept. `browsers`: of each server."""
    problems = [*history.problems]
    if not world.runs or not history.stories:
        problems.append("nothing happened: no run, or no reader")
    for rule in (_every_post_has_one_end, _readers_agree, _folders_and_runs_match, _nothing_is_left):
        problems += rule(history, world)
    problems += _one_run_per_slot(world, slots_per_lane)
    for run in world.runs:
        problems += [f"run {run.operation_id}: {problem}" for problem in _judge_run(history, world, run, browsers)]
    return problems


def _every_post_has_one_end(history: History, world: World) -> Iterator[str]:
    known = {run.operation_id for run in world.runs}
    for operation_id in history.accepted.keys() - known:
        yield f"run {operation_id} was accepted and is lost"
    for run in world.runs:
        ends = [event.type for event in world.events.get(run.operation_id, []) if event.type in TERMINAL]
        if ends != [run.status]:
            yield f"run {run.operation_id} is {run.status}, its ends are {ends}"


def _readers_agree(history: History, world: World) -> Iterator[str]:
    """Each saw 1..n, once, in order, over all its connections: exactly what the log says."""
    for story in history.stories:
        logged = [event.data for event in world.events.get(story.operation_id, [])]
        seen = [{name: value for name, value in event.items() if name not in ("id", "event")} for event in story.events]
        if seen != logged:
            numbers = [event["seq"] for event in seen]
            yield f"{story.reader} of {story.operation_id or 'nothing'} saw {numbers}, the log has 1..{len(logged)}"


def _folders_and_runs_match(_history: History, world: World) -> Iterator[str]:
    for name, problem in world.folders.items():
        if problem is not None:
            yield f"batch folder {name}: {problem}"
    complete = Counter(run.folder for run in world.runs if run.status == "complete")
    for folder, count in complete.items():
        if folder is None or folder not in world.folders:
            yield f"a run is complete and its folder {folder} is not there"
        if count > 1:
            yield f"{count} runs share the folder {folder}"
    for folder in world.folders.keys() - complete.keys():
        yield f"batch folder {folder} belongs to no complete run"


def _nothing_is_left(_history: History, world: World) -> Iterator[str]:
    if world.integrity != "ok":
        yield f"the database is damaged: {world.integrity}"
    for operation_id in world.slots:
        yield f"the slot of {operation_id} is taken at rest"
    # CONTRACT "Batch folder": what a failed or cancelled run leaves is kept for a retry, until retention takes it. An
    # attempt that died before it opened its folder leaves that of the attempt before; the next one moves what there is.
    may_keep = {run.operation_id: run.attempt for run in world.runs if run.status in ("error", "cancelled")}
    found: set[str] = set()
    for name in world.staging:
        operation_id, _, attempt = name.partition(".")
        if operation_id in found or int(attempt) > may_keep.get(operation_id, 0):
            yield f"{name} is left in staging"
        found.add(operation_id)


def _one_run_per_slot(world: World, slots: int) -> Iterator[str]:
    lanes: dict[str, list[tuple[float, int, str]]] = {}
    for run in world.runs:
        logged = world.events.get(run.operation_id, [])
        begun = [event.at for event in logged if event.type == "started"]
        if begun:
            ended = [event.at for event in logged if event.type in TERMINAL]
            # an end frees the slot: at the same instant it comes before the next beginning
            lanes.setdefault(run.lane, []).append((begun[0], 1, run.operation_id))
            lanes[run.lane].append((ended[0] if ended else float("inf"), -1, run.operation_id))
    for lane, changes in lanes.items():
        running = 0
        for _, change, operation_id in sorted(changes):
            running += change
            if running > slots:
                yield f"run {operation_id} began in lane {lane} while {running - 1} were running"


def _judge_run(history: History, world: World, run: RunRow, browsers: int) -> Iterator[str]:
    logged = world.events.get(run.operation_id, [])
    if [event.seq for event in logged] != list(range(1, run.last_seq + 1)):
        yield f"its log is {[event.seq for event in logged]}, it should be 1..{run.last_seq}"
        return
    if any(event.type in TERMINAL for event in logged[:-1]) or logged[-1].type not in TERMINAL:
        yield "its terminal event is not the last"
    kills = history.kills_between(logged[0].at, logged[-1].at)
    # what a stopped server hands back begins again as after a kill, and is no crash
    interruptions = kills + history.stops_between(logged[0].at, logged[-1].at)
    yield from _judge_attempts(run, logged, interruptions)
    yield from _judge_end(history, run, logged, kills)
    if any(at > logged[-1].at for at in world.begun.get(run.operation_id, [])):
        yield "an attempt began after its end"
    yield from _judge_progress(logged)
    ends = interruptions + (run.status != "complete")
    yield from _judge_slides(world, run, logged, _IN_FLIGHT * browsers * ends)
    for (operation_id, kind), attempts in world.exports.items():
        if operation_id == run.operation_id and len(attempts) > 1:
            yield f"its {kind} was made in each of the attempts {attempts}"


def _judge_attempts(run: RunRow, logged: list[LoggedEvent], interruptions: int) -> Iterator[str]:
    started = [event.data["attempt"] for event in logged if event.type == "started"]
    never_began = run.status == "cancelled" and not started  # while it waited
    if started != list(range(1, run.attempt + 1)) and not never_began:
        yield f"it is at attempt {run.attempt} and was started as {started}"
    if run.attempt > 1 + interruptions:
        yield f"{run.attempt} attempts for {interruptions} interruptions"
    attempts = [event.attempt for event in logged]
    if attempts != sorted(attempts):
        yield "an earlier attempt wrote after a later one had begun"


def _judge_end(history: History, run: RunRow, logged: list[LoggedEvent], kills: int) -> Iterator[str]:
    if run.status == "error" and not _may_end_as_error(history, run, logged, kills):
        yield f"it ended as error {run.error} after {kills} kills"
    if run.status == "cancelled" and not _may_be_cancelled(history, run, logged[-1].data.get("by")):
        yield "it was cancelled and nobody asked for that"
    if run.status in ("queued", "running"):
        yield f"it is {run.status} at rest"


def _may_end_as_error(history: History, run: RunRow, logged: list[LoggedEvent], kills: int) -> bool:
    if run.error == "crashed":
        return kills >= _MAX_CRASHES
    if run.error in history.may_fail.get(run.operation_id, ()):
        return True
    return run.error in _OF_BROWSERS and history.strikes_between(logged[0].at - _FELT_LATER_S, logged[-1].at) > 0


def _may_be_cancelled(history: History, run: RunRow, by: str | None) -> bool:
    if by == "replaced":
        return run.lane in history.replaced_in
    return run.operation_id in (history.may_leave if by == "disconnect" else history.cancelled)


def _judge_progress(logged: list[LoggedEvent]) -> Iterator[str]:
    told = [event.data["progress"] for event in logged if event.type == "progress"]
    if any(later < earlier for earlier, later in pairwise(told)):
        yield f"its progress went back: {told}"


def _judge_slides(world: World, run: RunRow, logged: list[LoggedEvent], may_be_lost: int) -> Iterator[str]:
    told_in: dict[int, int] = {}
    for event in logged:
        if event.type == "screenshot":
            index = event.data["index"]
            if index in told_in:
                yield f"slide {index} was told twice"
            told_in[index] = event.attempt
    captured = 0
    for (operation_id, attempt, index), times in world.captures.items():
        if operation_id == run.operation_id:
            captured += times
            if told_in.get(index, attempt) < attempt:
                yield f"slide {index} was captured again in attempt {attempt}, told of in {told_in[index]}"
    if world.captures and captured > len(told_in) + may_be_lost:
        yield f"{captured} captures for {len(told_in)} slides, and {may_be_lost} may be lost by what interrupted it"
