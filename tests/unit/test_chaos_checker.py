"""The judge of the crash storms, held against histories with one lie in each: it must find every one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest

from tests.support.chaos.checker import judge
from tests.support.chaos.history import Event, History, LoggedEvent, RunHistory, RunRow, World
from tests.support.chaos.tally import tally

A, B = "run-a", "run-b"


def log_of(operation_id: str, begin: float) -> list[LoggedEvent]:
    """Killed after the first slide, taken over, complete."""
    told: list[tuple[int, str, Event]] = [
        (1, "started", {"attempt": 1}),
        (1, "progress", {"progress": 15}),
        (1, "screenshot", {"index": 1}),
        (2, "started", {"attempt": 2}),
        (2, "screenshot", {"index": 2}),
        (2, "progress", {"progress": 99}),
        (2, "complete", {}),
    ]
    return [
        LoggedEvent(seq, attempt, type, begin + seq, {**data, "seq": seq, "type": type, "operation_id": operation_id})
        for seq, (attempt, type, data) in enumerate(told, start=1)
    ]


def truth() -> tuple[History, World]:
    """Two runs of one lane, one after the other, each killed once; two readers each."""
    events = {A: log_of(A, 100), B: log_of(B, 200)}
    world = World(
        runs=[RunRow(name, "default", "complete", 2, 7, folder=f"folder-{name}") for name in (A, B)],
        slots=[],
        events=events,
        folders={f"folder-{name}": None for name in (A, B)},
        staging=[],
        captures=Counter({(name, index, index): 1 for name in (A, B) for index in (1, 2)}),
        exports={(A, "pdf"): [1], (A, "zip"): [2], (B, "pdf"): [2]},
        begun={A: [101.0, 104.0], B: [201.0, 204.0]},
    )
    seen = {
        name: [{**event.data, "id": str(event.seq), "event": event.type} for event in logged]
        for name, logged in events.items()
    }
    stories = [RunHistory(reader, name, deepcopy(seen[name])) for name in (A, B) for reader in ("poster", "reader")]
    return History(stories, accepted={A: "default", B: "default"}, killed_at=[103.5, 203.5]), world


def test_a_true_history_is_found_right() -> None:
    assert judge(*truth()) == []


def test_a_storm_in_which_nothing_happened_is_no_proof() -> None:
    assert judge(History(), World([], [], {}, {}, []))


def drop_run(history: History, world: World) -> None:
    world.runs.pop()
    del world.events[B], world.folders["folder-run-b"]
    history.stories = history.stories[:2]


def lose_an_event_of_a_reader(history: History, _world: World) -> None:
    history.stories[0].events.pop(2)


def repeat_an_event_to_a_reader(history: History, _world: World) -> None:
    history.stories[1].events.insert(3, history.stories[1].events[2])


def tell_a_reader_something_else(history: History, _world: World) -> None:
    history.stories[1].events[1]["progress"] = 16


def end_twice(_history: History, world: World) -> None:
    last = world.events[A][-1]
    world.events[A].append(replace(last, seq=8, type="error"))
    world.runs[0].last_seq = 8


def lose_a_row_of_the_log(history: History, world: World) -> None:
    world.events[A].pop(1)
    for story in history.stories[:2]:
        story.events.pop(1)


def overlap(_history: History, world: World) -> None:
    for event in world.events[B]:
        event.at -= 96


def break_a_folder(_history: History, world: World) -> None:
    world.folders["folder-run-a"] = "does not verify"


def lose_a_folder(_history: History, world: World) -> None:
    del world.folders["folder-run-a"]


def leave_a_folder_of_nobody(_history: History, world: World) -> None:
    world.folders["folder-x"] = None


def share_a_folder(_history: History, world: World) -> None:
    world.runs[1].folder = "folder-run-a"


def leave_a_slot(_history: History, world: World) -> None:
    world.slots.append(A)


def leave_staging(_history: History, world: World) -> None:
    world.staging.append(f"{A}.2")


def damage_the_database(_history: History, world: World) -> None:
    world.integrity = "row 7 missing from index"


def capture_again(_history: History, world: World) -> None:
    world.captures[A, 2, 1] += 1


def capture_for_nothing(_history: History, world: World) -> None:
    world.captures[A, 2, 2] += 9


def make_an_export_again(_history: History, world: World) -> None:
    world.exports[A, "pdf"] = [1, 2]


def tell_a_slide_twice(history: History, world: World) -> None:
    world.events[A][4].data["index"] = 1
    for story in history.stories[:2]:
        story.events[4]["index"] = 1


def start_without_a_kill(history: History, _world: World) -> None:
    history.killed_at.pop(0)


def write_late(_history: History, world: World) -> None:
    world.events[A][5].attempt = 1


def go_back(history: History, world: World) -> None:
    world.events[A][5].data["progress"] = 14
    for story in history.stories[:2]:
        story.events[5]["progress"] = 14


def fail(_history: History, world: World) -> None:
    world.runs[0].status, world.runs[0].error, world.runs[0].folder = "error", "internal", None
    world.events[A][-1].type = "error"
    del world.folders["folder-run-a"]


def cancel_unasked(_history: History, world: World) -> None:
    world.runs[0].status, world.runs[0].folder = "cancelled", None
    world.events[A][-1].type = "cancelled"
    del world.folders["folder-run-a"]


def begin_again(_history: History, world: World) -> None:
    world.begun[A] = [101.0, 107.5]


LIES: dict[Callable[[History, World], None], str] = {
    drop_run: "is lost",
    lose_an_event_of_a_reader: "saw",
    repeat_an_event_to_a_reader: "saw",
    tell_a_reader_something_else: "saw",
    end_twice: "its ends are",
    lose_a_row_of_the_log: "its log is",
    overlap: "while 1 were running",
    break_a_folder: "does not verify",
    lose_a_folder: "is not there",
    leave_a_folder_of_nobody: "belongs to no complete run",
    share_a_folder: "share the folder",
    leave_a_slot: "taken at rest",
    leave_staging: "left in staging",
    damage_the_database: "damaged",
    capture_again: "captured again",
    capture_for_nothing: "captures for",
    make_an_export_again: "was made in each of the attempts",
    tell_a_slide_twice: "told twice",
    start_without_a_kill: "2 attempts for 0 interruptions",
    write_late: "an earlier attempt wrote",
    go_back: "went back",
    fail: "ended as error internal",
    cancel_unasked: "nobody asked",
    begin_again: "began after its end",
}


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_is_found(lie: Callable[[History, World], None]) -> None:
    history, world = truth()
    lie(history, world)
    assert [problem for problem in judge(history, world) if LIES[lie] in problem]


def ended_as(status: str, error: str | None, by: str | None = None) -> tuple[History, World]:
    """As the truth, but run A has not ended well."""
    history, world = truth()
    world.runs[0].status, world.runs[0].error, world.runs[0].folder = status, error, None
    last = world.events[A][-1]
    last.type, last.data = status, {**last.data, "type": status, "by": by}
    for story in history.stories:
        if story.operation_id == A:
            story.events[-1] = dict(last.data)
    del world.folders["folder-run-a"]
    return history, world


def test_a_document_that_may_fail_may_fail_with_its_codes_only() -> None:
    history, world = ended_as("error", "render_timeout")
    assert judge(history, world)
    history.may_fail[A] = frozenset({"render_timeout"})
    assert judge(history, world) == []
    world.runs[0].error = "internal"
    assert judge(history, world)


def test_a_run_may_end_by_its_browser_only_when_one_was_struck_meanwhile() -> None:
    history, world = ended_as("error", "browser_crashed")
    history.struck_at.append(500)
    assert judge(history, world)
    history.struck_at.append(103)
    assert judge(history, world) == []
    world.runs[0].error = "render_timeout"
    assert judge(history, world)


def test_a_server_that_stops_interrupts_a_run_and_is_no_crash() -> None:
    history, world = truth()
    history.stopped_at = history.killed_at
    history.killed_at = []
    assert judge(history, world) == []
    history, world = ended_as("error", "crashed")
    history.killed_at.extend([103.6, 103.7])
    assert judge(history, world) == []
    history.stopped_at = history.killed_at
    history.killed_at = []
    assert [problem for problem in judge(history, world) if "ended as error crashed" in problem]


@pytest.mark.parametrize(
    ("by", "allow"),
    [
        ("user", lambda history: history.cancelled.add(A)),
        ("replaced", lambda history: history.replaced_in.add("default")),
        ("disconnect", lambda history: history.may_leave.add(A)),
    ],
)
def test_a_run_may_be_cancelled_only_as_somebody_asked(by: str, allow: Callable[[History], None]) -> None:
    history, world = ended_as("cancelled", None, by)
    assert judge(history, world)
    allow(history)
    assert judge(history, world) == []


def test_a_run_that_was_cancelled_while_it_waited_was_never_started() -> None:
    history, world = ended_as("cancelled", None, "user")
    history.cancelled.add(A)
    world.events[A] = [
        LoggedEvent(1, 1, "queued", 101.0, {"seq": 1, "type": "queued", "operation_id": A}),
        LoggedEvent(2, 1, "cancelled", 102.0, {"seq": 2, "type": "cancelled", "operation_id": A, "by": "user"}),
    ]
    world.runs[0].attempt, world.runs[0].last_seq = 1, 2
    world.captures = Counter({key: count for key, count in world.captures.items() if key[0] != A})
    world.begun.pop(A, None)
    for story in history.stories:
        if story.operation_id == A:
            story.events = [event.data for event in world.events[A]]
    assert judge(history, world) == []
    world.runs[0].status = "complete"
    assert judge(history, world)


def test_a_kill_costs_what_each_browser_was_saving_and_no_more() -> None:
    history, world = truth()
    world.captures[A, 2, 2] += 3  # two workers of one browser, and a third
    assert judge(history, world)
    assert judge(history, world, browsers=2) == []


COUNTED: dict[str, tuple[Callable[[History, World], None], ...]] = {
    "lost_events": (drop_run, lose_an_event_of_a_reader, lose_a_row_of_the_log),
    "repeated_captures": (capture_again,),
    "repeated_exports": (make_an_export_again,),
    "corrupt_folders": (break_a_folder, lose_a_folder, leave_a_folder_of_nobody),
    "leaked_slots": (leave_a_slot,),
}


def test_nothing_is_counted_in_a_true_history() -> None:
    assert set(tally(*truth()).values()) == {0}


@pytest.mark.parametrize(
    ("name", "lie"),
    [pytest.param(name, lie, id=lie.__name__) for name, lies in COUNTED.items() for lie in lies],
)
def test_a_lie_is_counted(name: str, lie: Callable[[History, World], None]) -> None:
    history, world = truth()
    lie(history, world)
    assert tally(history, world)[name] > 0
