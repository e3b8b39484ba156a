"""What is one line to us is one line to clients that cut at U+0085, U+2028 and U+2029, as `str.splitlines` does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from pressrun.api.streams.frames import frame_of, snapshot_frame, unnamed_frame_of
from pressrun.cli.output import say_json
from pressrun.db.events import EventRow
from pressrun.events.log import LoggedEvent
from pressrun.run_logs import open_run_logs
from pressrun.runs.model import Run
from pressrun.runs.webhooks import message_of
from pressrun.telemetry import SecretMask, on_one_line
from tests.support.core import COMPLETE, open_core
from tests.support.logs import bind_run, captured_log

NASTY = "a\x85b\u2028c\u2029d\\u2028 é 🙂"
ONE = "01a2285c-ed11-7000-ad9c-0e12c4e044d1"


def run_titled(title: str) -> Run:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    return Run(
        operation_id=ONE, status="running", stage="render", progress=1, lane="default", attempt=1, title=title,
        created_at=at, started_at=at, ended_at=None, pinned=False, last_seq=3, fingerprint="f", caller="local",
    )  # fmt: skip


def test_json_says_the_same_on_one_line() -> None:
    line = on_one_line(json.dumps({"x": NASTY}, ensure_ascii=False))
    assert line.splitlines() == [line]
    assert json.loads(line) == {"x": NASTY}


@pytest.mark.parametrize("make", [frame_of, unnamed_frame_of])
def test_an_event_s_data_is_one_line_also_of_one_stored_before(make: Callable[[LoggedEvent], bytes]) -> None:
    stored = EventRow(1, "log", json.dumps({"message": NASTY}, ensure_ascii=False))
    frame = make(LoggedEvent(stored))
    (data,) = [line for line in frame.decode().splitlines() if line.startswith("data:")]
    assert json.loads(data[5:]) == {"message": NASTY}


def test_a_snapshot_s_data_is_one_line() -> None:
    frame = snapshot_frame(run_titled(NASTY), after=3, named=True).decode()
    (data,) = [line for line in frame.splitlines() if line.startswith("data:")]
    assert json.loads(data[5:])["title"] == NASTY


def test_a_webhook_s_body_is_one_line() -> None:
    ended = {"type": "complete", **COMPLETE.model_dump(mode="json")}
    body = message_of(run_titled(NASTY), ended, datetime(2026, 11, 29, tzinfo=UTC), 1.0)
    assert len(body.splitlines()) == 1
    assert json.loads(body)["data"]["title"] == NASTY


@pytest.mark.anyio
async def test_a_log_line_of_a_run_is_one_line(tmp_path: Path) -> None:
    with captured_log(SecretMask()), open_run_logs(tmp_path, str) as logs, bind_run(ONE):
        structlog.stdlib.get_logger("pressrun.test").info(NASTY)
        (line,) = await logs.read(ONE)
    assert line.splitlines() == [line]
    assert json.loads(line)["event"] == NASTY


@pytest.mark.anyio
async def test_what_is_followed_is_one_line(tmp_path: Path) -> None:
    async with open_core(tmp_path) as core:
        run = await core.begin()
        await core.lifecycle.emit(run.operation_id, 1, *[COMPLETE.model_copy(update={"folder": NASTY})])
        (_, event) = await core.log.read_after(run.operation_id, 0)
    assert event.data.splitlines() == [event.data]


def test_the_command_line_s_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"x": NASTY})
    out = capsys.readouterr().out
    assert out.splitlines() == [out.rstrip("\n")]
    assert json.loads(out) == {"x": NASTY}
