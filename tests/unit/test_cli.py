"""The command line against a scripted server: what is sent, what is printed, what the shell is told."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pressrun.cli import main
from pressrun.cli.display import Bar, plain_line
from pressrun.client.models import ClientEvent, parse_event
from tests.support.scripted_server import LOG, OPERATION_ID, RUN, Answer, Script, Stream, event, scripted_server
from tests.support.server import free_port

ESCAPE = "\x1b]0;owned\x07\x9b31m\u202e"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the checkout
    for name in ("SERVER", "TOKEN", "LOG_LEVEL"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.md"
    path.write_text("# Rivers\n\nनदी\n", encoding="utf-8")
    return path


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def told(event_: dict[str, Any]) -> ClientEvent:
    parsed = parse_event(json.dumps(event_))
    assert parsed is not None
    return parsed


def test_a_run_in_a_pipe_is_told_in_lines_and_ends_with_folder_and_files(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        assert main(["generate", str(lesson), "--server", url]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == f"run {OPERATION_ID} started"
    assert lines[1] == "  2 % compose: Reading the source"
    assert "document: Flüsse नदी 🙂 (900 B)" in lines
    assert "warning: Too long" in lines
    assert lines[-3:] == [
        "complete: 1 slide in 1.5 s",
        "Batch folder: /data/batches/x",
        "       5 B  slides/0001.png",
    ]
    assert err == ""
    assert script.seen[0].body == {"text": "# Rivers\n\nनदी\n", "on_duplicate": "reject"}


def test_json_prints_the_wire_s_objects_and_nothing_else(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(generate=[Stream(events=2)], events=[Stream()])
    with scripted_server(script) as url:
        assert main(["generate", str(lesson), "--server", url, "--json"]) == 0
    out, err = capsys.readouterr()
    assert [json.loads(line) for line in out.splitlines()] == list(LOG)
    assert "Connection lost" in err, "what is no event is told elsewhere"


def test_html_is_sent_as_html_and_options_as_fields(tmp_path: Path) -> None:
    page = tmp_path / "page.HTML"
    page.write_bytes(b"\xef\xbb\xbf<h1>Rivers</h1>")
    script = Script(generate=[Stream()])
    options = "--zoom 1.5 --outputs images,pdf --outputs zip --no-use-cache --theme ink --lane night --on-busy join"
    with scripted_server(script) as url:
        assert main(["generate", str(page), "--server", url, *options.split(), "--title", "--odd"]) == 2
        assert main(["generate", str(page), "--server", url, *options.split(), "--title=--odd"]) == 0
    assert script.seen[0].body == {
        "html": "<h1>Rivers</h1>",
        "zoom": 1.5,
        "outputs": ["images", "pdf", "zip"],
        "use_cache": False,
        "theme": "ink",
        "title": "--odd",
        "lane": "night",
        "on_busy": "join",
        "on_duplicate": "reject",
    }


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        stdin(monkeypatch, "नदी".encode())
        assert main(["generate", "-", "--server", url]) == 0
        stdin(monkeypatch, b"<p>x</p>")
        assert main(["generate", "-", "--source", "html", "--server", url]) == 0
    assert script.seen[0].body["text"] == "नदी"
    assert script.seen[1].body["html"] == "<p>x</p>"


def zipped(*names: str) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize("text", ["BMW builds cars", "MZ is a name", "ID3", "BZh", "RIFF is a format of 1991"])
def test_a_text_that_begins_like_another_kind_of_file_is_a_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        stdin(monkeypatch, text.encode())
        assert main(["generate", "-", "--server", url]) == 0
    assert script.seen[0].body["text"] == text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (b"caf\xe9", "not UTF-8: byte 0xe9 at position 3"),
        (b"\x93caf\xe9\x94 and more", "If “ is right in ““café” and more”, convert it: iconv -f windows-1252"),
        (b"\x81", "perhaps: iconv -f latin1"),
        ("Fluß".encode("utf-16"), "UTF-16"),
        ("A river runs.".encode("utf-16le"), "is UTF-16; convert it: iconv -f utf-16le -t utf-8 "),
        ("A river runs.".encode("utf-16be"), "iconv -f utf-16be"),
        ("A river runs.".encode("utf-32"), "UTF-32"),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF; convert it: pdftotext -layout "),
        (b"{\\rtf1 x}", "is RTF; convert it: pandoc "),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "soffice --headless"),
        (zipped("word/document.xml"), "is a Word document; convert it: pandoc "),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), "is a PowerPoint presentation"),
        (zipped("word/document.xml")[:60], "is a Word document"),
        (zipped("xl/workbook.xml"), "is an Excel workbook"),
        (zipped("mimetype", "content.xml"), "is an OpenDocument file"),
        (zipped("lesson.md"), "is an archive: unpack it"),
        (b"\x1f\x8b\x08" + bytes(99), "is an archive: unpack it"),
        (bytes(257) + b"ustar", "is an archive: unpack it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "is a picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "is a picture"),
        (bytes(4) + b"ftypheic", "is a picture"),
        (bytes(4) + b"ftypisom", "is sound or film"),
        (b"\x7fELF" + bytes(99), "is a program"),
        (b"a" * 50 + b"\x00" + b"a" * 50, "is no text (byte 0x00 at position 50)"),
        (b"%PDF-" + bytes(1_600_001), "is a PDF"),
        (b"a" * 400_001, "400,001 characters; at most 400,000"),
        (b"a" * 1_600_001, "too large"),
    ],
)
def test_a_source_that_cannot_be_sent_is_told_before_anything_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, says: str
) -> None:
    path = tmp_path / "x.md"
    if content is not None:
        path.write_bytes(content)
    assert main(["generate", str(path), "--server", "http://127.0.0.1:1"]) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert str(path) in err
    assert err.count("\n") == 1
    assert out == ""


def test_a_folder_is_no_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", str(tmp_path)]) == 2
    assert "Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["generate"],
        ["generate", "x", "--zoom", "big"],
        ["generate", "x", "--theme", "pink"],
        ["generate", "x", "--bogus"],
        ["explode"],
        ["runs", "--status", "dead"],
        ["generate", "x", "y"],
        ["token", "new", "--scope", "everything"],
    ],
)
def test_wrong_usage_is_one_line_that_points_to_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("pressrun: ")
    assert "--help" in err
    assert err.count("\n") == 1


def test_a_rejection_is_exit_code_3_and_names_the_run(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = {"detail": "Run x is in progress (render, 40 %).", "reason": "in_flight", "active_operation_id": "x"}
    with scripted_server(Script(generate=[Answer(409, problem)])) as url:
        assert main(["generate", str(lesson), "--server", url]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "Run x is in progress (render, 40 %)." in err
    assert "pressrun cancel x" in err
    assert "pressrun runs follow x" in err
    assert "--on-busy queue" in err
    assert "--explain" in err


def test_with_json_what_goes_wrong_is_json_too(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = {"detail": "Run x is in progress.", "reason": "in_flight", "active_operation_id": "x"}
    with scripted_server(Script(generate=[Answer(409, problem)])) as url:
        assert main(["generate", str(lesson), "--server", url, "--json"]) == 3
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["type"], told["exit_code"], told["problem"]["active_operation_id"]) == ("failed", 3, "x")
    assert err == ""
    assert main(["generate", "gone.md", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["message"] == "cannot read gone.md: No such file or directory"
    assert main(["runs", "--json", "--server", f"http://127.0.0.1:{free_port()}"]) == 1
    assert "pressrun serve" in json.loads(capsys.readouterr().out)["message"]


def test_a_run_is_followed_and_got_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = {"screenshot_files": ["slides/0001.png", "slides/0002.png"], "artifacts": [{"name": "rivers.pdf"}]}
    run = Answer(200, {**RUN, "status": "complete", "result": result})
    file = Answer(200, b"hello", content_type="image/png")
    with scripted_server(Script(events=[Stream()], run=[run], files=[file])) as url:
        assert main(["runs", "follow", OPERATION_ID, "--server", url]) == 0
        assert "Batch folder: /data/batches/x" in capsys.readouterr().out
        get = ["runs", "get", OPERATION_ID, "--server", url]
        assert main([*get, "-o", "a.pdf", "-o", "cover.png"]) == 0
        assert capsys.readouterr().out.splitlines() == ["a.pdf  5 B", "cover.png  5 B"]
        assert main([*get, "-o", "a.pdf"]) == 1, "it is there already"
        assert main([*get, "-o", "a.pdf", "--force"]) == 0
        assert main([*get, "-o", "a.zip"]) == 1
        assert "made no zip" in capsys.readouterr().err
        assert main(get) == 0
        assert main(["runs", "open", OPERATION_ID, "--server", url]) == 0
        assert f"{url}/runs/{OPERATION_ID}\n" in capsys.readouterr().out
    made = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.p*"))
    whole = [f"{OPERATION_ID}/{name}" for name in ("rivers.pdf", "slides/0001.png", "slides/0002.png")]
    assert made == [*whole, "a.pdf", "cover.png"]


def test_a_run_that_has_not_ended_has_nothing_to_get(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_server(Script(run=[Answer(200, RUN)])) as url:
        assert main(["runs", "get", OPERATION_ID, "--server", url]) == 1
    assert "is running: there is nothing to get" in capsys.readouterr().err


def test_many_slides_are_one_line_of_the_end(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slides = [f"slides/{number:04d}.png" for number in range(1, 81)]
    end = {**LOG[5], "seq": 2, "screenshot_count": 80, "screenshot_files": slides}
    with scripted_server(Script(generate=[Stream(log=(LOG[0], end))])) as url:
        assert main(["generate", str(lesson), "--server", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("slides/0001.png … slides/0080.png (80 slides)")
    assert len(lines) < 6


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(word in script for word in ("generate", "install-browser", "viewport-width", "follow"))


def test_looking_for_damage_makes_nothing_and_says_when_there_is_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--data-dir", "gone"]) == 0
    assert "Nothing to look at: gone is no data folder" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [["generate", "lesson.md"], ["runs", "rerender", OPERATION_ID], ["runs", "retry", OPERATION_ID]],
    ids=["generate", "rerender", "retry"],
)
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.usefixtures("lesson")
def test_a_paused_lane_is_exit_code_3_at_once_and_says_what_to_do(
    command: list[str], older: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """An older server answered 503 with a Retry-After, which nobody's patience could use."""
    problem = {"detail": "Lane bulk is paused since then.", "code": "lane_paused", "lane": "bulk"}
    refused = Answer(409, problem | {"reason": "lane_paused"})
    if older:
        refused = Answer(503, problem, headers={"Retry-After": "5"})
    script = Script(generate=[refused])
    with scripted_server(script) as url:
        assert main([*command, "--server", url]) == 3
    assert len(script.seen) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Lane bulk is paused" in err
    assert "pressrun lanes resume bulk" in err
    assert "--on-busy queue" in err


def test_fields_that_the_server_refuses_are_named_as_options(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    errors = [{"field": "viewport_width", "problem": "is too small", "valid": "320..7680"}]
    with scripted_server(Script(generate=[Answer(422, {"detail": "…", "errors": errors})])) as url:
        assert main(["generate", str(lesson), "--server", url]) == 2
    assert capsys.readouterr().err == "pressrun: viewport-width: is too small (valid: 320..7680)\n"


@pytest.mark.parametrize(
    ("last", "code", "says"),
    [
        (event(2, "error", code="render_timeout", message="Not ready", stage="render", retryable=True), 1, "Not ready"),
        (event(2, "error", code="new", message="Odd", stage="levitate", retryable="maybe"), 1, "Odd"),
        (event(2, "cancelled", by="user", kept=["document.html"]), 130, "document.html"),
    ],
)
def test_how_a_run_ended_is_the_exit_code(
    lesson: Path, capsys: pytest.CaptureFixture[str], last: dict[str, Any], code: int, says: str
) -> None:
    with scripted_server(Script(generate=[Stream(log=(LOG[0], last))])) as url:
        assert main(["generate", str(lesson), "--server", url]) == code
    assert says in capsys.readouterr().err


def test_a_server_that_is_not_there_is_one_line(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    for words in (["generate", str(lesson)], ["runs"], ["cancel", "x"]):
        assert main([*words, "--server", url]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert url in err
        assert "pressrun serve" in err
        assert err.count("\n") == 1


def test_debug_shows_where(lesson: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSRUN_LOG_LEVEL", "DEBUG")
    assert main(["generate", str(lesson), "--server", f"http://127.0.0.1:{free_port()}"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_server_and_token_come_from_environment_variable_or_file(
    lesson: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(generate=[Stream()])
    (tmp_path / "token").write_text("from-file\n")
    with scripted_server(script) as url:
        monkeypatch.setenv("PRESSRUN_SERVER", url)
        assert main(["generate", str(lesson)]) == 0
        monkeypatch.setenv("PRESSRUN_TOKEN", "from-environment")
        assert main(["generate", str(lesson)]) == 0
        monkeypatch.setenv("OTHER", "from-other")
        assert main(["generate", str(lesson), "--token-env", "OTHER"]) == 0
        assert main(["generate", str(lesson), "--token-file", "token"]) == 0
    assert [seen.headers.get("authorization") for seen in script.seen] == [
        None,
        "Bearer from-environment",
        "Bearer from-other",
        "Bearer from-file",
    ]


@pytest.mark.parametrize(
    "options", [["--token-env", "NOT_SET"], ["--token-file", "no"], ["--token-env", "A", "--token-file", "b"]]
)
def test_a_token_that_is_not_there_is_a_usage_error(
    lesson: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert main(["generate", str(lesson), *options]) == 2
    assert "token" in capsys.readouterr().err


def test_out_fetches_and_verifies_the_files(lesson: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(generate=[Stream()], files=[Answer(200, b"hello", content_type="image/png")])
    with scripted_server(script) as url:
        assert main(["generate", str(lesson), "--server", url, "--out", "new/folder"]) == 0
    assert (tmp_path / "new/folder/slides/0001.png").read_bytes() == b"hello"
    assert "1 files, digests verified" in capsys.readouterr().out


def test_out_that_arrives_damaged_is_an_error(lesson: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(generate=[Stream()], files=[Answer(404, {"detail": "no file of that name"})])
    with scripted_server(script) as url:
        assert main(["generate", str(lesson), "--server", url, "--out", "o"]) == 1
    assert "no file of that name" in capsys.readouterr().err
    assert list((tmp_path / "o").rglob("*.png")) == []


def test_out_that_cannot_be_written_is_told_before_the_run(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        assert main(["generate", str(lesson), "--server", url, "--out", str(lesson)]) == 1
    assert script.seen == []
    assert "File exists" in capsys.readouterr().err


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


def test_runs_are_listed_as_lines_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [
        {**RUN, "title": f"Rivers{ESCAPE}\tx", "created_at": "2026-11-21T08:00:00Z"},
        {**RUN, "operation_id": "b", "status": "complete", "result": {"screenshot_count": 7}},
    ]
    pages = [Answer(200, {"runs": runs[:1], "next_cursor": "c"}), Answer(200, {"runs": runs[1:], "next_cursor": None})]
    script = Script(runs=[*pages, *pages])
    with scripted_server(script) as url:
        assert main(["runs", "--server", url, "--limit", "2", "--status", "running"]) == 0
        lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
        assert main(["runs", "--server", url, "--json"]) == 0
    out = capsys.readouterr().out
    assert [len(cells) for cells in lines] == [5, 5]
    assert [cells[0] for cells in lines] == [OPERATION_ID, "b"]
    assert [cells[2] for cells in lines] == ["running 40 %", "complete"]
    assert lines[1][3] == "7"
    assert [json.loads(line)["operation_id"] for line in out.splitlines()] == [OPERATION_ID, "b"]
    assert script.seen[0].path == "/runs?limit=2&status=running"
    assert script.seen[1].path == "/runs?limit=1&status=running&cursor=c"


def test_cancelling_says_what_the_server_said(capsys: pytest.CaptureFixture[str]) -> None:
    ended = Answer(409, {"detail": "The run has already ended.", "code": "run_ended"})
    with scripted_server(Script(cancel=[Answer(202, RUN), ended])) as url:
        assert main(["cancel", OPERATION_ID, "--server", url]) == 0
        assert capsys.readouterr().out == f"Run {OPERATION_ID} is being cancelled.\n"
        assert main(["cancel", OPERATION_ID, "--server", url]) == 1
    assert "already ended" in capsys.readouterr().err


def test_a_new_token_is_known_by_the_line_that_comes_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    from pressrun.api.gate.tokens import parse_tokens

    assert main(["token", "new", "--name", "laptop"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    caller = parse_tokens([lines[3]]).find(lines[1])
    assert caller is not None
    assert caller.name == "laptop"
    assert main(["token", "new", "--name", "no such name!"]) != 0


def test_openapi_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0
    assert json.loads(capsys.readouterr().out)["openapi"].startswith("3.1")


def test_a_wrong_setting_is_named_without_its_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSRUN_PORT", "hunter2")
    assert main(["serve"]) == 2
    err = capsys.readouterr().err
    assert "PRESSRUN_PORT" in err
    assert "hunter2" not in err
    assert err.count("\n") == 1


def test_a_server_does_not_listen_to_others_without_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", "0.0.0.0", "--port", "0"]) == 1
    assert "PRESSRUN_TOKENS" in capsys.readouterr().err
