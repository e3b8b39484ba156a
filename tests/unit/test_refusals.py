"""The 409 from one rendering: at any moment the very answer that a rendering of its own would be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.api.wire.problems import problem_response
from pressrun.api.wire.refusals import Refusals
from pressrun.runs.admission import Policies, refusal_nowait
from pressrun.runs.model import Run
from pressrun.runs.rejection import RunRejected
from pressrun.telemetry import SecretMask
from tests.support.core import Core, open_core, progress

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
DIGESTS = [character * 64 for character in "abc"]
SECRET = "a-password-of-the-ai"


def make_run(title: str | None, progress: int, number: int) -> Run:
    return Run(
        operation_id=f"0199f000-0000-7000-8000-{number:012}",
        status="running",
        stage="render",
        progress=progress,
        lane="default",
        attempt=1,
        title=title,
        created_at=NOW,
        started_at=NOW + timedelta(seconds=1),
        ended_at=None,
        pinned=False,
        last_seq=progress,
        fingerprint=DIGESTS[0],
        caller="local",
    )


# the same run at several moments, and titles that look like what a rendering is cut at
TITLES = [
    None,
    "Seas",
    DIGESTS[1],
    f'"fingerprint":"{DIGESTS[1]}',
    '\\"fingerprint":"',
    f"x {SECRET}",
    "\ud800",
    "ß 海",
]
RUNS = [make_run(title, progress, number) for number, title in enumerate(TITLES) for progress in (0, 40)]
REJECTIONS = st.builds(
    RunRejected,
    st.sampled_from(["in_flight", "duplicate"]),
    st.sampled_from(RUNS),
    fingerprint=st.sampled_from(DIGESTS),
    same_request=st.booleans(),
    visible=st.booleans(),
    age_s=st.sampled_from([0.0, 0.04, 0.06, 14.2, 14.24, 14.26, 1000.0]),
    window_left_s=st.sampled_from([None, 0.2, 1.5]),
)


@given(st.lists(REJECTIONS, min_size=1, max_size=80), st.booleans())
def test_the_answer_is_always_the_one_that_would_be_rendered_anew(rejections: list[RunRejected], secret: bool) -> None:
    mask = SecretMask([SECRET] if secret else [])
    refusals = Refusals(mask)
    for rejected in rejections:
        answer, anew = refusals.answer(rejected), problem_response(rejected, mask)
        assert (answer.status_code, answer.body) == (anew.status_code, anew.body)
        assert answer.raw_headers == anew.raw_headers


def test_a_title_that_is_no_text_and_one_with_a_secret_do_not_spoil_the_answer() -> None:
    refusals = Refusals(SecretMask([SECRET]))
    for title in TITLES:
        rejected = rejection_by(make_run(title, 40, 1))
        body = json.loads(refusals.answer(rejected).body)
        assert body["fingerprint"] == DIGESTS[1]
        assert SECRET not in refusals.answer(rejected).body.decode()


def rejection_by(run: Run) -> RunRejected:
    return RunRejected("in_flight", run, fingerprint=DIGESTS[1], same_request=False, visible=True, age_s=3)


def test_no_more_than_a_few_renderings_are_kept() -> None:
    refusals = Refusals(SecretMask())
    for number in range(1000):
        refusals.answer(rejection_by(make_run("x", 40, number)))
    assert len(refusals._renderings) <= 32


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with open_core(tmp_path) as core:
        yield core


def ask(core: Core, refusals: Refusals, text: str = "other", **values: Any) -> dict[str, Any] | None:
    """What a client would be told at once."""
    rejected = refusal_nowait(core.guard, core.submission(text, **values), Policies())
    return None if rejected is None else json.loads(refusals.answer(rejected).body)


async def test_the_age_that_a_409_tells_moves_and_so_does_its_guess(core: Core) -> None:
    refusals = Refusals(SecretMask())
    run = await core.begin("one")
    await core.journal.append(run.operation_id, 1, progress(50))
    told = []
    for _ in range(3):
        core.clock.advance(10)
        answer = ask(core, refusals)
        assert answer is not None
        told.append((answer["run"]["age_s"], answer["retry_after_s"]))
    assert told == [(10, 10), (20, 20), (30, 30)]


async def test_after_each_commit_the_409_tells_the_new_state(core: Core) -> None:
    refusals = Refusals(SecretMask())
    first = await core.begin("one")
    for percent in (10, 20):
        await core.journal.append(first.operation_id, 1, progress(percent))
        answer = ask(core, refusals)
        assert answer is not None
        assert (answer["operation_id"], answer["run"]["progress"]) == (first.operation_id, percent)
    await core.complete(first)
    assert ask(core, refusals) is None
    second = await core.begin("two")
    answer = ask(core, refusals)
    assert answer is not None
    assert (answer["operation_id"], answer["same_request"]) == (second.operation_id, False)
    again = ask(core, refusals, "one")
    assert again is not None
    assert (again["reason"], again["operation_id"], again["same_request"]) == ("duplicate", first.operation_id, True)
    core.clock.advance(5)
    again = ask(core, refusals, "one")
    assert again is not None
    assert (again["reason"], again["operation_id"]) == ("in_flight", second.operation_id)


async def test_a_stranger_is_told_of_no_run_though_its_holder_was_just_told_all(core: Core) -> None:
    refusals = Refusals(SecretMask())
    await core.begin("one", caller="ada")
    mine, theirs = ask(core, refusals, caller="ada"), ask(core, refusals, caller="bob")
    assert mine is not None
    assert theirs is not None
    assert "run" in mine
    assert "run" not in theirs


@pytest.mark.parametrize(
    ("values", "policies"),
    [
        ({}, Policies(on_busy="queue")),
        ({}, Policies(on_busy="join")),
        ({}, Policies(on_busy="replace")),
        ({}, Policies(on_duplicate="join")),
        ({}, Policies(on_duplicate="run")),
        ({"idempotency_key": "k"}, Policies()),
    ],
)
async def test_who_wants_more_than_a_yes_or_a_no_is_not_refused_at_once(
    core: Core, values: dict[str, Any], policies: Policies
) -> None:
    await core.begin("one")
    assert refusal_nowait(core.guard, core.submission("one", **values), policies) is None
