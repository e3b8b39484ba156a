"""What the command line shows of a run: the bar, the words of each event, and nothing that drives a terminal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pressrun.cli import main
from pressrun.cli.display import Bar, plain_line
from tests.support.cli_words import ESCAPE, told
from tests.support.scripted_server import LOG, OPERATION_ID, RUN, Answer, Script, Stream, event, scripted_server

pytestmark = pytest.mark.usefixtures("client_environment")


def test_many_slides_are_one_line_of_the_end(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slides = [f"slides/{number:04d}.png" for number in range(1, 81)]
    end = {**LOG[5], "seq": 2, "screenshot_count": 80, "screenshot_files": slides}
    with scripted_server(Script(generate=[Stream(log=(LOG[0], end))])) as url:
        assert main(["generate", str(lesson), "--server", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("slides/0001.png … slides/0080.png (80 slides)")
    assert len(lines) < 6


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_nothing_that_a_server_sends_drives_the_terminal(
    lesson: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    hostile = (
        event(1, "progress", stage="compose", progress=1, message=ESCAPE),
        event(2, "html_generated", html_filename="x", url="x", title=ESCAPE + "[red]\nforged", size_bytes=1),
        event(3, ESCAPE),
        event(4, "warning", code="x", message=ESCAPE + "\ud800"),
        event(5, "complete", screenshot_count=1, screenshot_files=[f"a{ESCAPE}"], artifacts=[], truncated=False,
              duration_s=1, folder=ESCAPE),
    )  # fmt: skip
    with scripted_server(Script(generate=[Stream(log=hostile, raw=_frames(hostile))])) as url:
        assert main(["generate", str(lesson), "--server", url, *words]) == 0
    out, err = capsys.readouterr()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out + err)
    assert "\nforged" not in out
    if words:
        assert [json.loads(line) for line in out.splitlines()] == list(hostile)


def _frames(log: tuple[dict[str, Any], ...]) -> bytes:
    return b"".join(f"id: {wire['seq']}\ndata: {json.dumps(wire)}\n\n".encode() for wire in log)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_bar_fits_any_terminal_and_shows_what_matters(width: int) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None, _environ={"TERM": "xterm"})
    with Bar(console) as bar:
        for wire in LOG[:-1]:
            bar.event(told(wire))
        bar.event(told(event(6, "progress", stage="render", progress=57, message=f"[red]{ESCAPE}" + "long " * 50)))
        bar.event(told(event(7, "log", level="info", message="[bold]markup stays text[/bold]")))
        bar.note("Connection lost")
        bar._progress.refresh()
        bar.event(told({**LOG[-1], "seq": 8}))
    shown = screen.getvalue()
    assert "57%" in shown
    assert "100%" in shown
    assert "\x1b]0;" not in shown
    assert "\x9b" not in shown
    frames = re.split(r"[\r\n]|\x1b\[[0-9;?]*[a-zA-Z]", shown)
    assert max(map(len, frames)) <= width
    if width >= 80:
        assert "[bold]markup stays text[/bold]" in shown
        assert "Too long" in shown
        assert "Connection lost" in shown


def test_every_event_type_of_the_contract_has_its_words() -> None:
    from pressrun.events.model import BODY

    samples: dict[str, dict[str, Any]] = {
        "queued": {"position": 2, "message": "Two runs are ahead"},
        "artifact": {
            "name": "a.pdf",
            "url": "x",
            "media_type": "application/pdf",
            "size_bytes": 2_500_000,
            "sha256": "",
        },
        "log": {"level": "warning", "message": "hm"},
        "error": {"code": "x", "message": "why", "stage": None, "retryable": False},
        "cancelled": {"by": "user", "kept": []},
    }
    samples |= {wire["type"]: wire for wire in LOG}
    schema = BODY.json_schema()["discriminator"]["mapping"]
    assert set(samples) == set(schema)
    lines = {type_: plain_line(told({**event(1, type_), **fields})) for type_, fields in samples.items()}
    assert lines["queued"] == "queued: Two runs are ahead"
    assert lines["artifact"] == "artifact: a.pdf (2.5 MB)"
    assert all(lines.values())


@pytest.mark.promise("coverage")
def test_what_is_missing_is_said_at_the_end_of_a_run_and_where_it_is_shown(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "75 % of 8 words are on the slides, 2 are not: “its way” (line 4, not in the document)."
    result = {"screenshot_count": 1, "screenshot_files": ["a"], "artifacts": [], "truncated": False, "folder": "f"}
    result |= {"duration_s": 1.0, "coverage": {"share": 0.75, "words": 8, "words_missing": 2, "summary": said}}
    log = (event(1, "complete", **result),)
    run = {**RUN, "status": "complete", "result": result}
    with scripted_server(Script(generate=[Stream(log=log, raw=_frames(log))], run=[Answer(200, run)])) as url:
        assert main(["generate", str(lesson), "--server", url]) == 0
        assert said in capsys.readouterr().out.splitlines()
        assert main(["runs", "show", OPERATION_ID, "--server", url]) == 0
    assert f"coverage      {said}" in capsys.readouterr().out.splitlines()
