"""History: which runs a filter finds, page by page, and what the log tells of attempts and stages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pressrun.db.events import Fact
from pressrun.db.searching import searchable
from pressrun.db.tables import SEARCHABLE_CHARACTERS
from pressrun.events.model import ArtifactRef, Error, HtmlGenerated
from pressrun.runs.catalog import Filter, Order
from pressrun.runs.history import history_of
from tests.support.core import COMPLETE, Core, open_core

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def found(core: Core, **wanted: object) -> list[str]:
    page = await core.catalog.list_page("local", Filter(**wanted))  # type: ignore[arg-type]
    return [run.operation_id for run in page.runs]


async def titled(core: Core, title: str) -> str:
    run = await core.begin(title, ignore_duplicates=True)
    document = HtmlGenerated(html_filename="document.html", url="u", title=title, size_bytes=1)
    await core.lifecycle.emit(run.operation_id, 1, document)
    return run.operation_id


@pytest.mark.promise("history")
async def test_runs_are_found_by_title_error_export_or_name_in_any_case_and_script(where: Path | str) -> None:
    async with open_core(where) as core:
        river = await titled(core, "Über Flüsse und नदी")
        file = ArtifactRef(name="strom.pdf", url="u", media_type="application/pdf", size_bytes=1, sha256="0" * 64)
        await core.lifecycle.finish(river, 1, COMPLETE.model_copy(update={"artifacts": [file]}))
        sea = await titled(core, "100 % sea_water")
        await core.lifecycle.finish(sea, 1, Error(code="ai_failed", message="The endpoint was silent"))
        for text in ("ÜBER", "flüsse", "नदी", "strom.PDF", river):
            assert await found(core, text=text) == [river], text
        for text in ("SEA_W", "100 %", "sea 100", "AI_failed", "endpoint was SILENT", sea):
            assert await found(core, text=text) == [sea], text
        for text in ("seaXw", "100 sea nothing", "sea_ ", river[:-1]):
            assert await found(core, text=text) == [], text


async def test_filters_narrow_the_list_together(where: Path | str) -> None:
    async with open_core(where) as core:
        runs = [await core.begin(str(number), lane=f"lane-{number % 2}") for number in range(2)]
        await core.complete(runs[0])
        later = await core.begin("later", lane="lane-0")
        assert await found(core) == [later.operation_id, runs[1].operation_id, runs[0].operation_id]
        assert await found(core, status="complete") == [runs[0].operation_id]
        assert await found(core, lane="lane-0") == [later.operation_id, runs[0].operation_id]
        assert await found(core, lane="lane-0", status="running") == [later.operation_id]
        assert await found(core, pinned=True) == []
        assert len(await found(core, pinned=False)) == 3
        assert await found(core, since=datetime.now(UTC) + timedelta(seconds=1)) == []
        assert len(await found(core, since=datetime.now(UTC) - timedelta(minutes=1))) == 3
        assert (await core.catalog.list_page("stranger", Filter())).runs == []
        assert await core.catalog.count_found("local", Filter(status="running")) == {"complete": 1, "running": 2}
        assert await core.catalog.count_found("local", Filter(lane="lane-1")) == {"running": 1}
        assert await core.catalog.count_found("local", Filter(text=later.operation_id)) == {"running": 1}
        assert await core.catalog.count_found("stranger", Filter()) == {}


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_pages_join_without_gap_or_repetition_while_runs_are_added(where: Path | str, sort: Order) -> None:
    async with open_core(where) as core:
        made = [(await core.begin(str(number), lane=str(number))).operation_id for number in range(7)]
        history, told, cursor = core.catalog, [], None
        while len(told) < len(made):  # the oldest first: those that are added come behind them
            page = await history.list_page("local", Filter(), cursor=cursor, limit=3, sort=sort)
            told += [run.operation_id for run in page.runs]
            await core.begin(f"new {cursor}", lane=f"new-{len(told)}")
            cursor = page.next_cursor
            if cursor is None:
                break
        assert told[: len(made)] == (made[::-1] if sort == "newest" else made)
        assert sort == "oldest" or cursor is None


def test_what_can_be_searched_fits_into_the_index() -> None:
    text = searchable("ß" * 1_000, "x")
    assert text is not None
    assert len(text) == SEARCHABLE_CHARACTERS
    assert searchable(None) is None


def facts(*told: tuple[str, float, dict[str, object]]) -> list[Fact]:
    """(type, seconds, fields)"""
    attempt, made = 1, []
    for kind, seconds, fields in told:
        attempt = int(str(fields.get("attempt", attempt)))
        made.append(Fact(attempt, kind, json.dumps(fields), NOW + timedelta(seconds=seconds)))
    return made


def test_the_log_tells_attempts_and_stages() -> None:
    story = history_of(
        facts(
            ("started", 0, {"attempt": 1}),
            ("progress", 1, {"stage": "compose"}),
            ("progress", 3, {"stage": "render"}),
            ("progress", 4, {"stage": "render"}),
            ("warning", 5, {"code": "truncated", "message": "x"}),
            ("started", 60, {"attempt": 2, "resumed_from": "render"}),
            ("progress", 61, {"stage": "render"}),
            ("warning", 63, {"code": "attempt_failed", "message": "why"}),
            ("started", 100, {"attempt": 3, "resumed_from": "render"}),
            ("progress", 101, {"stage": "render"}),
            ("progress", 110, {"stage": "publish"}),
            ("complete", 112, {}),
        )
    )
    assert [(a.attempt, a.ended, a.resumed_from, a.message) for a in story.attempts] == [
        (1, "interrupted", None, None),
        (2, "error", "render", "why"),
        (3, "complete", "render", None),
    ]
    times = [(s.attempt, s.stage, (s.ended_at - s.started_at).total_seconds()) for s in story.stages if s.ended_at]
    assert times == [
        (1, "compose", 2),
        (1, "render", 2),
        (2, "render", 2),
        (3, "render", 9),
        (3, "publish", 2),
    ]


def test_what_goes_on_has_no_end_yet() -> None:
    story = history_of(facts(("started", 0, {"attempt": 1}), ("progress", 1, {"stage": "compose"})))
    assert (story.attempts[0].ended, story.attempts[0].ended_at, story.stages[0].ended_at) == (None, None, None)


def test_a_run_that_never_began_has_no_attempts() -> None:
    assert history_of(facts(("cancelled", 0, {"by": "user"}))).attempts == []
