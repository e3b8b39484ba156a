"""The log lines of each run: in a file of its own, whole lines, masked, bounded, and never in the way."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import structlog

from pressrun import run_logs
from pressrun.ids import OperationIds
from pressrun.run_logs import open_run_logs, readable
from pressrun.telemetry import SecretMask
from tests.support.logs import bind_run, captured_log

pytestmark = pytest.mark.anyio
ONE, OTHER = OperationIds().new(), OperationIds().new()
log = structlog.stdlib.get_logger("pressrun.test")


def events(lines: list[str]) -> list[str]:
    return [json.loads(line)["event"] for line in lines]


async def test_each_run_has_its_own_lines_whoever_wrote_them(tmp_path: Path) -> None:
    with captured_log(SecretMask()), open_run_logs(tmp_path, str) as logs:
        log.info("of nobody")
        with bind_run(ONE):
            log.info("bound", stage="render")
            logging.getLogger("some.library").warning("from %s", "a library")
            logging.getLogger("dbos").warning("chatter")
        log.warning("named", operation_id=OTHER)
        assert events(await logs.read(ONE)) == ["bound", "from a library"]
        assert events(await logs.read(ONE, after=1)) == ["from a library"]
        assert events(await logs.read(OTHER)) == ["named"]
        (line, _) = await logs.read(ONE)
        assert json.loads(line).keys() == {"at", "level", "event", "stage"}
        await logs.delete(ONE)
        assert await logs.read(ONE) == []
        await logs.delete(ONE)
    log.info("after it was closed", operation_id=OTHER)
    with open_run_logs(tmp_path, str) as logs:
        assert events(await logs.read(OTHER)) == ["named"], "what was written is there after a restart"


async def test_a_secret_and_a_traceback_are_in_no_line(tmp_path: Path) -> None:
    mask = SecretMask(["hunter2hunter2"])
    with captured_log(mask), open_run_logs(tmp_path, mask.mask) as logs, bind_run(ONE):
        failure = ValueError("hunter2hunter2 in /srv/secret/place")
        log.error("failed with hunter2hunter2", exc_info=failure, key="hunter2hunter2")
        (line,) = await logs.read(ONE)
    assert "hunter2" not in line
    assert "/srv/secret" not in line
    assert line.count("[secret]") == 2


async def test_a_name_that_is_no_run_reaches_no_file(tmp_path: Path) -> None:
    with captured_log(SecretMask()), open_run_logs(tmp_path / "logs", str):
        log.info("up and away", operation_id="../../escaped")
    assert [path.name for path in tmp_path.rglob("*")] == ["logs"]


async def test_a_log_that_is_full_says_so_and_grows_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_logs, "_MAX_BYTES", 2_000)
    with captured_log(SecretMask()), open_run_logs(tmp_path, str) as logs, bind_run(ONE):
        for number in range(50):
            log.info(f"line {number} " + "x" * 60)
        lines = await logs.read(ONE)
    assert (tmp_path / f"{ONE}.jsonl").stat().st_size <= 2_000
    assert "full" in events(lines)[-1]
    assert events(lines)[0].startswith("line 0 ")
    assert sum("full" in event for event in events(lines)) == 1


@pytest.mark.parametrize("room_bytes", [1, 2, 40])
async def test_a_log_that_is_full_to_the_last_bytes_has_whole_lines_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room_bytes: int
) -> None:
    with open_run_logs(tmp_path, str) as logs:
        logs.append(ONE, '{"event":"first"}')
        monkeypatch.setattr(run_logs, "_MAX_BYTES", len('{"event":"first"}\n') + room_bytes)
        logs.append(ONE, json.dumps({"event": "x" * 100}))
        assert events(await logs.read(ONE)) == ["first"]
    assert (tmp_path / f"{ONE}.jsonl").stat().st_size <= len('{"event":"first"}\n') + room_bytes


async def test_a_line_that_was_torn_by_a_crash_or_a_full_disk_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / f"{ONE}.jsonl"
    with open_run_logs(tmp_path, str) as logs:
        logs.append(ONE, '{"event":"first"}')
        with path.open("ab") as file:
            file.write('{"event":"größ'.encode()[:-1])  # in the middle of a character
        assert events(await logs.read(ONE)) == ["first"], "it may still be being written"
        logs.append(ONE, '{"event":"after"}')
        logs.append(ONE, '{"event":"last"}')
        lines = await logs.read(ONE)
    assert [event for event in events(lines) if event in ("first", "after", "last")] == ["first", "after", "last"]
    assert [readable(json.loads(line)) for line in lines]


async def test_lines_that_cannot_be_written_stop_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    with captured_log(SecretMask()) as captured, open_run_logs(folder, str) as logs, bind_run(ONE):
        folder.rmdir()
        log.info("goes on")
        assert await logs.read(ONE) == []
    assert "goes on" in captured.text


def test_a_line_for_people_cannot_drive_their_terminal() -> None:
    line = readable({"at": "T", "level": "info", "event": "hello \x1b[31m", "stage": "a\nb"})
    assert line == "T  info     hello \\x1b[31m  stage=a\\nb"
