"""Ctrl-C where no real run could be brought: one of somebody else, a busy server, a cancel that is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.limits import HANG_S
from tests.support.scripted_server import LOG, OPERATION_ID, RUN, Answer, Script, Stream, event, scripted_server
from tests.support.server import PRESSRUN

CANCELLED = event(3, "cancelled", by="user", kept=[])


@contextmanager
def generating(url: str, lesson: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PRESSRUN_")}
    command = [PRESSRUN, "generate", str(lesson), "--server", url]
    process = subprocess.Popen(
        command, env=environment, cwd=lesson.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    watchdog = threading.Timer(HANG_S, process.kill)  # so that a command that hangs fails its test
    watchdog.start()
    try:
        with process:
            yield process
    finally:
        watchdog.cancel()


def wait_for(process: subprocess.Popen[str], text: str, *, on_stderr: bool = False) -> None:
    stream = process.stderr if on_stderr else process.stdout
    assert stream is not None
    for line in stream:
        if text in line:
            return
    raise AssertionError(f"{text!r} was not said")


@pytest.mark.slow
def test_a_run_that_somebody_else_started_is_left_not_cancelled(lesson: Path) -> None:
    joined = Stream(events=2, end="hold", headers={"Run-Disposition": "joined"})
    script = Script(generate=[joined], cancel=[Answer(202, RUN)])
    with scripted_server(script) as url, generating(url, lesson) as process:
        wait_for(process, "Reading the source")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert f"Run {OPERATION_ID} was started by somebody else and goes on" in err
    assert script.count("cancel") == 0


@pytest.mark.slow
def test_before_anything_is_started_ctrl_c_leaves_at_once(lesson: Path) -> None:
    busy = Answer(503, {"detail": "The waiting queue is full.", "code": "server_busy"}, {"Retry-After": "60"})
    script = Script(generate=[busy])
    with scripted_server(script) as url, generating(url, lesson) as process:
        wait_for(process, "waiting queue is full", on_stderr=True)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "before anything was started" in err
    assert len(script.seen) == 1


@pytest.mark.slow
def test_a_cancel_that_finds_nobody_is_tried_again_and_the_end_comes_over_a_new_line(lesson: Path) -> None:
    script = Script(
        generate=[Stream(events=2, end="hold")],
        cancel=[Answer(drop=True), Answer(drop=True), Answer(202, RUN)],
        events=[Stream(log=(*LOG[:2], CANCELLED))],
    )
    with scripted_server(script) as url, generating(url, lesson) as process:
        wait_for(process, "Reading the source")
        process.send_signal(signal.SIGINT)
        wait_for(process, "Ctrl-C again", on_stderr=True)
        while script.count("cancel") < 3:
            assert script.arrived.wait(HANG_S)
            script.arrived.clear()
        script.released.set()  # the held stream ends now, as a server's does when its run has
        out, err = process.communicate()
    assert process.returncode == 130
    assert "The run was cancelled (by user)." in err
    assert out.count("started") == 0, "what was shown is not shown again"


@pytest.mark.slow
def test_a_cancel_that_is_refused_is_told_and_the_run_is_followed_on(lesson: Path) -> None:
    refused = Answer(403, {"detail": "This token may not cancel.", "code": "forbidden"})
    script = Script(generate=[Stream(events=2, end="hold")], cancel=[refused], events=[Stream()])
    with scripted_server(script) as url, generating(url, lesson) as process:
        wait_for(process, "Reading the source")
        process.send_signal(signal.SIGINT)
        wait_for(process, "This token may not cancel", on_stderr=True)
        script.released.set()
        out, _ = process.communicate()
    assert process.returncode == 0
    assert "Batch folder" in out
