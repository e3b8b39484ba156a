"""A retry is another attempt of the same run, and its log goes on as one story: on both media."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from pressrun.errors import Conflict, NotFound, RunEnded
from pressrun.events.model import Cancelled, Error, HtmlGenerated, Progress, Screenshot
from pressrun.runs.model import Run
from pressrun.runs.rejection import RunRejected
from pressrun.runs.submission import Submission
from tests.support.core import COMPLETE, PUBLISHING, Core, open_core

pytestmark = pytest.mark.anyio
FAILED = Error(code="ai_failed", message="no answer", stage="compose", retryable=True)
TERMINAL = {"complete", "error", "cancelled"}


def again(core: Core, run: Run, **values: object) -> Submission:
    return replace(core.submission(lane=run.lane, **values), operation_id=run.operation_id, retry=True)


async def fail(core: Core, run: Run) -> None:
    assert await core.lifecycle.finish(run.operation_id, run.attempt, FAILED)


async def retry(core: Core, run: Run, **values: object) -> Run:
    outcome = await core.guard.admit(again(core, run, **values))
    assert isinstance(outcome, Run)
    return outcome


async def history(core: Core, run: Run) -> list[str]:
    """The types of the run's events; checks that it is one story with one terminal event at most, at its end."""
    log = await core.log.read_after(run.operation_id, 0)
    assert [event.seq for event in log] == list(range(1, len(log) + 1))
    types = [event.type for event in log]
    assert not TERMINAL & set(types[:-1])
    return types


@pytest.mark.promise("retry")
async def test_a_run_that_failed_goes_on_as_its_next_attempt_in_the_same_log(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        await core.journal.append(run.operation_id, 1, Progress(stage="render", progress=40, message="x"))
        await fail(core, run)
        second = await retry(core, run)
        assert (second.operation_id, second.status, second.attempt, second.retries) == (
            run.operation_id,
            "running",
            2,
            1,
        )
        assert (second.error, second.ended_at, second.progress) == (None, None, 40)
        assert await history(core, run) == ["started", "progress", "warning", "started"]
        log = await core.log.read_after(run.operation_id, 0)
        assert '"code":"attempt_failed"' in log[2].data
        assert "no answer" in log[2].data
        assert '"attempt":2,"resumed_from":"render"' in log[3].data
        assert not await core.lifecycle.finish(run.operation_id, 1, FAILED), "the first attempt is over"
        assert await core.lifecycle.finish(run.operation_id, 2, COMPLETE)
        assert await history(core, run) == ["started", "progress", "warning", "started", "complete"]
        told = await core.catalog.history(run.operation_id)
        assert [(attempt.attempt, attempt.ended) for attempt in told.attempts] == [(1, "error"), (2, "complete")]


async def test_a_reader_who_was_behind_when_the_run_was_retried_is_told_one_story(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        with core.log.following(run.operation_id, 0, lambda: None) as reader:
            assert [event.type for event in await reader.read()] == ["started"]
            await core.journal.append(run.operation_id, 1, Progress(stage="render", progress=40, message="x"))
            await fail(core, run)
            await retry(core, run)
            await core.lifecycle.finish(run.operation_id, 2, COMPLETE)
            rest = [event.type for event in await reader.read()]
        assert rest == ["progress", "warning", "started", "complete"]


async def test_a_reader_at_the_old_end_goes_on_behind_it(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        await fail(core, run)
        async with anyio.create_task_group() as tasks:
            told: list[str] = []

            async def read() -> None:
                told.extend([event.type async for event in core.log.follow(run.operation_id, after=2)])

            await retry(core, run)
            tasks.start_soon(read)
            await core.lifecycle.finish(run.operation_id, 2, COMPLETE)
        assert told == ["started", "complete"]


async def test_what_has_a_result_or_goes_on_or_is_somebody_elses_is_not_retried(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        with pytest.raises(RunRejected):
            await retry(core, run)
        with pytest.raises(Conflict, match="follow it"):
            await retry(core, run, when_busy="wait", ignore_duplicates=True)
        await core.complete(run)
        core.clock.advance(60)
        with pytest.raises(RunEnded, match="rerender"):
            await retry(core, run)
        other = await core.begin("other")
        await fail(core, other)
        with pytest.raises(NotFound):
            await retry(core, other, caller="stranger")


async def test_a_retry_meets_a_taken_lane_as_any_run_and_may_wait_for_it(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        await fail(core, run)
        holder = await core.begin("other")
        with pytest.raises(RunRejected) as refused:
            await retry(core, run)
        assert refused.value.active.operation_id == holder.operation_id
        assert await history(core, run) == ["started", "error"]
        assert (await retry(core, run, when_busy="wait")).status == "queued"
        await core.complete(holder)
        assert await core.guard.promote("default") == [run.operation_id]
        assert await history(core, run) == ["started", "warning", "queued", "started"]


async def test_a_retry_that_replaces_goes_before_whoever_waits(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        await fail(core, run)
        holder = await core.begin("other")
        await core.begin("important", when_busy="wait", priority=100)
        await retry(core, run, when_busy="front")
        await core.complete(holder)
        assert await core.guard.promote("default") == [run.operation_id]


async def test_a_run_cancelled_in_the_line_can_be_retried_and_cancelled_again(where: Path | str) -> None:
    async with open_core(where) as core:
        holder = await core.begin("other")
        waiting = await core.begin(when_busy="wait")
        await core.lifecycle.request_cancel(waiting.operation_id, "user")
        await core.lifecycle.finish(waiting.operation_id, None, Cancelled(by="user"))
        await core.complete(holder)
        assert (await retry(core, waiting)).status == "running"
        _, news = await core.lifecycle.request_cancel(waiting.operation_id, "user", attempt=2)
        assert news
        await core.lifecycle.finish(waiting.operation_id, 2, FAILED)
        await retry(core, waiting)
        with pytest.raises(RunEnded, match="attempt 1"):  # a late cancel hits no later attempt
            await core.lifecycle.request_cancel(waiting.operation_id, "user", attempt=1)


async def test_the_workflow_of_before_the_retry_gets_no_part_of_the_run(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        await fail(core, run)
        await retry(core, run)
        assert await core.lifecycle.claim(run.operation_id, 0) is None
        claim = await core.lifecycle.claim(run.operation_id, 1)
        assert claim is not None
        assert claim.attempt == 2


async def test_a_retry_is_told_what_the_earlier_attempt_has_made(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        document = HtmlGenerated(html_filename="document.html", url="u", title="T", size_bytes=1, sha256="a" * 64)
        slide = Screenshot(
            index=1, total=2, filename="slides/0001.png", url="u", width=1, height=1, size_bytes=1, sha256="b" * 64
        )
        for body in (document, slide):
            await core.lifecycle.emit(run.operation_id, 1, body)
        await fail(core, run)
        await retry(core, run)
        claim = await core.lifecycle.claim(run.operation_id, 1)
        assert claim is not None
        assert (claim.document, claim.captured) == (document, {1: slide})


async def test_a_run_that_failed_while_it_was_published_can_be_cancelled_in_its_retry(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        await core.lifecycle.commit(run.operation_id, 1, PUBLISHING)
        await fail(core, run)
        assert (await retry(core, run)).stage == "export"
        _, news = await core.lifecycle.request_cancel(run.operation_id, "user")
        assert news
