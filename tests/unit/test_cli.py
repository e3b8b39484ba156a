"""The command line against a scripted server: what is sent, what is printed, what the shell is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pressrun.cli import main
from tests.support.cli_words import ESCAPE
from tests.support.scripted_server import LOG, OPERATION_ID, RUN, Answer, Script, Stream, event, scripted_server
from tests.support.server import free_port

pytestmark = pytest.mark.usefixtures("client_environment")


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
        assert main([*get, "-o", "a.pdf"]) == 1
        assert "a.pdf is there already: --force replaces it" in capsys.readouterr().err
        assert main([*get, "-o", "-"]) == 2
        assert "- is not possible here" in capsys.readouterr().err
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


@pytest.mark.slow
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
    assert [len(cells) for cells in lines] == [8, 8]
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
