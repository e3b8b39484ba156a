"""What the soak finds in a server's log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.soak.logbook import read_log


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        json.dumps({"level": "error", "event": "a background task failed"}),
        json.dumps({"level": "critical", "event": "the browser is not sealed"}),
        json.dumps({"level": "warning", "event": "odd", "exception": "Traceback …"}),
        json.dumps(["no line of ours"]),
    ],
)
def test_what_must_not_stand_in_a_log_is_found(tmp_path: Path, line: str) -> None:
    log = tmp_path / "log"
    log.write_text(line + "\n")
    problems, _ = read_log(log)
    assert len(problems) == 1


def test_known_failures_may_trace_and_warnings_are_counted_without_names(tmp_path: Path) -> None:
    log = tmp_path / "log"
    failed = {"level": "warning", "event": "stage failed", "code": "browser_crashed", "exception": "Traceback …"}
    lost = [{"level": "warning", "event": f"local {number}: the browser was lost"} for number in (1, 2)]
    log.write_text("\n".join(map(json.dumps, [failed, *lost, {"level": "info", "event": "ready"}])))
    problems, warnings = read_log(log)
    assert problems == []
    assert sorted(warnings.values()) == [1, 2]
