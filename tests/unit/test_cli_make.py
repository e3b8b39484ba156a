"""`pressrun FILE …` against a scripted server: what is asked for, what is written, what is left alone."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pressrun.cli import embedded, jobs, main
from pressrun.cli.make import _asks_for
from pressrun.cli.targets import Plan
from pressrun.errors import BrowserUnavailable
from tests.support.limits import HANG_S
from tests.support.scripted_server import LOG, OPERATION_ID, Answer, Script, Seen, Stream, event, scripted_server
from tests.support.server import PRESSRUN, free_port

PICTURES = ["slides/0001.png", "slides/0002.png"]
PDF = "rivers.pdf"
COVERAGE = {"share": 1.0, "words": 7, "summary": "On the slides: all of 7 words."}
ARTIFACT = {"url": "/x", "media_type": "application/pdf", "size_bytes": 5, "sha256": None}
ARTIFACTS = [{"name": PDF, **ARTIFACT}, {"name": "document.html", **ARTIFACT}]
COMPLETE = event(
    5, "complete", screenshot_count=2, screenshot_files=PICTURES, artifacts=ARTIFACTS, truncated=False,
    duration_s=1.5, folder="x", coverage=COVERAGE,
)  # fmt: skip
MADE = Stream(log=(*LOG[:3], {**LOG[4], "seq": 4}, COMPLETE))
FILE = Answer(200, b"hello", content_type="application/pdf")
FAILED = Stream(log=(LOG[0], event(2, "error", code="x", message="Not ready", stage="render", retryable=False)))


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("SERVER", "TOKEN", "LOG_LEVEL"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)
    (tmp_path / "lesson.md").write_text("# Rivers\n")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def make(script: Script, *words: str) -> int:
    with scripted_server(script) as url:
        return main([*words, "--server", url])


def test_what_the_names_ask_for_is_made_and_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(generate=[MADE], files=[FILE])
    assert make(script, "lesson.md", "-o", "a/lesson.pdf", "-o", "slides/", "-o", "page.html", "--theme", "ink") == 0
    assert script.seen[0].body == {
        "text": "# Rivers\n", "theme": "ink", "outputs": ["images", "html", "pdf"], "on_duplicate": "reject",
    }  # fmt: skip
    made = files(here)
    del made["lesson.md"]
    assert made == dict.fromkeys(["a/lesson.pdf", "page.html", "slides/0001.png", "slides/0002.png"], b"hello")
    out, err = capsys.readouterr()
    assert out.splitlines() == ["a/lesson.pdf  5 B", "page.html  5 B", "slides/  2 slides, 0 B", COVERAGE["summary"]]
    assert err == "pressrun: warning: Too long\n"


def test_what_is_on_no_slide_is_said_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = "1 of 2 pictures is on no slide: “map” (not loaded)."
    warning = event(4, "warning", code="content_missing", message=missing)
    complete = {**COMPLETE, "coverage": {"share": 1.0, "words": 7, "pictures_missing": 1, "summary": missing}}
    script = Script(generate=[Stream(log=(*LOG[:3], warning, complete))], files=[FILE])
    assert make(script, "lesson.md", "-o", "lesson.pdf") == 0
    out, err = capsys.readouterr()
    assert (out + err).count(missing) == 1
    assert make(script, "generate", "lesson.md") == 0
    out, err = capsys.readouterr()
    assert (out + err).count(missing) == 1
    assert make(script, "lesson.md", "-o", "lesson.pdf", "-f", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["coverage"] == missing


@pytest.mark.parametrize("out", ["/proc/x.pdf", "/proc/new/folder/"])
def test_where_nothing_can_be_written_nothing_is_made(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(generate=[MADE], files=[FILE])
    assert make(script, "lesson.md", "-o", out) == 1
    assert capsys.readouterr().err.startswith(f"pressrun: {out}: ")
    assert script.seen == [], "the server was not asked"


def test_without_a_name_it_lies_beside_the_source(here: Path) -> None:
    assert make(Script(generate=[MADE], files=[FILE]), "lesson.md") == 0
    assert set(files(here)) == {"lesson.md", "lesson/0001.png", "lesson/0002.png"}


@pytest.mark.parametrize("out", ["there.pdf", "there/", "-"])
def test_what_is_there_is_never_written_over_unasked(
    here: Path, out: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "there.pdf").write_bytes(b"old")
    (here / "there").mkdir()
    (here / "there" / "0002.png").write_bytes(b"old")
    if out == "-":
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(stdout := io.BytesIO()))
        assert make(Script(generate=[MADE], files=[FILE]), "lesson.md", "-o", out) == 0
        assert stdout.getvalue() == b"hello"
        return
    script = Script(generate=[MADE], files=[FILE])
    assert make(script, "lesson.md", "-o", out) == 2
    assert script.seen == []
    assert capsys.readouterr().err == f"pressrun: {out} is there already: --force replaces it, -o gives another name.\n"
    assert make(script, "lesson.md", "-o", out, "--no-clobber") == 0
    assert script.seen == []
    assert make(script, "lesson.md", "-o", out, "--force") == 0
    assert files(here)["there.pdf" if out == "there.pdf" else "there/0002.png"] == b"hello"


@pytest.mark.parametrize(
    ("out", "there"), [("lesson.mp4", "lesson.srt"), ("lesson.gif", "lesson.mp4"), ("lesson.gif", "lesson-poster.jpg")]
)
def test_nor_is_what_is_made_along_with_it(
    here: Path, out: str, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / there).write_bytes(b"old")
    script = Script(generate=[MADE], files=[FILE])
    assert make(script, "lesson.md", "-o", out) == 2
    assert script.seen == [], "told before anything was made"
    assert f"pressrun: {there} is there already" in capsys.readouterr().err


def test_files_that_are_made_along_are_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["rivers.mp4", "rivers.srt", "rivers-poster.jpg"]
    complete = {**COMPLETE, "artifacts": [{"name": name, "size_bytes": 5} for name in names]}
    script = Script(generate=[Stream(log=(*LOG[:3], {**complete, "seq": 4}))], files=[FILE])
    assert make(script, "lesson.md", "-o", "a.mp4") == 0
    assert "a.mp4  5 B, beside it a.srt a-poster.jpg" in capsys.readouterr().out


def test_what_came_there_meanwhile_is_not_written_over_either(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Meanwhile(Script):
        def next(self, seen: Seen) -> Answer | Stream:
            if "/files/" in seen.path:
                (here / "lesson.pdf").write_bytes(b"of somebody else")
            return super().next(seen)

    assert make(Meanwhile(generate=[MADE], files=[FILE]), "lesson.md", "-o", "lesson.pdf") == 1
    assert files(here)["lesson.pdf"] == b"of somebody else"
    assert "lesson.pdf: is there already" in capsys.readouterr().err


def test_a_file_that_never_arrives_whole_leaves_nothing(here: Path) -> None:
    cut = Answer(404, {"detail": "gone"})
    script = Script(generate=[MADE], files=[FILE, cut])
    assert make(script, "lesson.md", "-o", "slides/") == 1
    assert set(files(here)) == {"lesson.md"}
    assert list(here.iterdir()) == [here / "lesson.md"]


def test_several_files_go_into_one_folder_and_failures_are_summed_up(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b", "c"):
        (here / f"{name}.md").write_text(f"# {name}\n")
    (here / "d.md").write_bytes(b"\xff\xfe# x")
    script = Script(generate=[MADE, FAILED, MADE], files=[FILE])
    assert make(script, "a.md", "b.md", "c.md", "d.md", "-o", "out/", "--outputs", "pdf") == 1
    made = {name for name in files(here) if name.startswith("out/")}
    assert made == {"out/a.pdf", "out/c.pdf"}
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if ".pdf" in line] == ["out/a.pdf  5 B", "out/c.pdf  5 B"]
    assert "b.md: The run failed: Not ready" in err
    assert "d.md is UTF-16" in err
    assert "2 made, 2 failed in" in err.splitlines()[-1]
    assert {seen.body["on_busy"] for seen in script.seen if seen.method == "POST"} == {"queue"}


def test_fail_fast_begins_nothing_more(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (here / f"{name}.md").write_text(f"# {name}\n")
    script = Script(generate=[FAILED], files=[FILE])
    assert make(script, "a.md", "b.md", "--fail-fast") == 1
    assert script.count("generate") == 1
    assert "1 failed, 1 not begun" in capsys.readouterr().err


def test_a_tree_is_mirrored(here: Path) -> None:
    for name in ("book/one.md", "book/two/three.html", "book/.git/four.md", "book/five.jpg"):
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# x\n")
    assert make(Script(generate=[MADE], files=[FILE]), "-I", "book", "-o", "out", "--outputs", "pdf") == 0
    assert {name for name in files(here) if name.startswith("out")} == {"out/one.pdf", "out/two/three.pdf"}


def test_several_are_made_at_once_but_no_more_than_said(here: Path) -> None:
    at_work, most, lock = 0, 0, threading.Lock()
    both = threading.Event()

    class Counting(Script):
        def next(self, seen: Seen) -> Answer | Stream:
            nonlocal at_work, most
            if seen.method == "POST":
                with lock:
                    at_work += 1
                    most = max(most, at_work)
                    if at_work == 2:
                        both.set()
                both.wait(30)
                with lock:
                    at_work -= 1
            return super().next(seen)

    for number in range(4):
        (here / f"{number}.md").write_text(f"# {number}\n")
    words = [f"{number}.md" for number in range(4)]
    assert make(Counting(generate=[MADE], files=[FILE]), *words, "-P", "2", "--outputs", "pdf") == 0
    assert most == 2


def test_json_is_all_that_a_script_sees(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "b.md").write_text("# b\n")
    script = Script(generate=[MADE, FAILED], files=[FILE])
    assert make(script, "lesson.md", "b.md", "--outputs", "pdf", "--json") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["type"] for line in lines if line["file"] == "lesson.md"] == [
        "started", "progress", "html_generated", "warning", "complete", "made",
    ]  # fmt: skip
    made = next(line for line in lines if line["type"] == "made")
    assert made["results"] == [{"output": "pdf", "path": "lesson.pdf", "size_bytes": 5}]
    failed = next(line for line in lines if line["type"] == "failed")
    assert (failed["file"], failed["exit_code"], failed["message"]) == ("b.md", 1, "The run failed: Not ready")


def test_what_changes_is_made_again_and_what_it_no_longer_has_goes(here: Path) -> None:
    one = {**COMPLETE, "seq": 4, "screenshot_files": PICTURES[:1], "screenshot_count": 1}
    script = Script(generate=[MADE, Stream(log=(*LOG[:3], one))], files=[FILE])
    seen: list[set[str]] = []

    def edit() -> None:
        wait_until((here / "lesson" / "0002.png").exists)
        seen.append(set(files(here)))
        (here / "lesson.md").write_text("# Lakes\n")
        wait_until(lambda: not (here / "lesson" / "0002.png").exists())
        os.kill(os.getpid(), signal.SIGINT)

    editor = threading.Thread(target=edit)
    editor.start()
    assert make(script, "lesson.md", "-w") == 130
    editor.join()
    assert seen == [{"lesson.md", "lesson/0001.png", "lesson/0002.png"}]
    assert set(files(here)) == {"lesson.md", "lesson/0001.png"}
    assert [each.body["text"] for each in script.seen if each.method == "POST"] == ["# Rivers\n", "# Lakes\n"]


def test_a_ctrl_c_between_making_and_watching_is_not_lost(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Output(io.StringIO):
        """A terminal at which somebody presses Ctrl-C when the last line appears."""

        def write(self, text: str) -> int:
            if "On the slides" in text:
                os.kill(os.getpid(), signal.SIGINT)
            return super().write(text)

    monkeypatch.setattr("sys.stdout", Output())
    again = threading.Timer(10, os.kill, (os.getpid(), signal.SIGINT))
    again.start()
    assert make(Script(generate=[MADE], files=[FILE]), "lesson.md", "-w") == 130
    assert again.is_alive(), "it was not heeded"
    again.cancel()


def wait_until(true: Any) -> None:
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_no_server_is_needed_only_where_none_is_named_and_none_answers() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    assert jobs.find_server(nobody, None, named=False) is None
    assert jobs.find_server(nobody, "t", named=True) == (nobody, "t")
    assert jobs.find_server(embedded.SERVER, None, named=True) is None
    other = Answer(200, b"<p>a page", content_type="text/html")
    with scripted_server(Script(runs=[other])) as url:
        assert jobs.find_server(url, None, named=False) is None, "another program's port"
    with scripted_server(Script(runs=[Answer(503, {"status": "x", "checks": {}})])) as url:
        assert jobs.find_server(url, "t", named=False) == (url, "t")


def test_commands_take_turns_and_whoever_waits_says_so(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(here / "home"))
    notes: list[str] = []
    released = threading.Event()

    def note(text: str) -> None:
        notes.append(text)
        released.set()

    first = embedded.take_turn(notes.append)
    folder = first.__enter__()
    assert folder == here / "home" / "pressrun" / "commands"
    assert folder.stat().st_mode & 0o077 == 0

    def let_go() -> None:
        released.wait(60)
        first.__exit__(None, None, None)

    thread = threading.Thread(target=let_go)
    thread.start()
    with embedded.take_turn(note):
        assert notes == [f"Another pressrun command is at work in {folder}; this one waits for it …"]
    thread.join()
    with embedded.take_folder() as mine, embedded.take_folder() as another:
        assert {mine.name, another.name} == {"watch-1", "watch-2"}


def test_a_run_that_was_left_is_known_by_what_it_was_asked_for() -> None:
    spec = {"text": "# x", "zoom": 2.1, "outputs": ["pdf"]}
    assert _asks_for({"text": "# x", "outputs": ["pdf"], "on_busy": "queue"}, spec)
    assert not _asks_for({"text": "# y", "outputs": ["pdf"]}, spec)
    assert not _asks_for({"text": "# x", "outputs": ["images"]}, spec)
    assert OPERATION_ID


def test_without_a_chromium_a_script_is_told_and_a_person_is_asked(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRESSRUN_CHROMIUM", str(here / "no-chromium"))
    monkeypatch.setenv("XDG_DATA_HOME", str(here / "home"))
    installed: list[Path | None] = []
    monkeypatch.setattr("pressrun.browser.setup.install.install_chromium", installed.append)
    assert main(["lesson.md", "--server", "embedded"]) == 1
    err = capsys.readouterr().err
    assert "no-chromium" in err
    assert "--install-browser (110 MB)" in err
    assert installed == []

    for answer, count in (("n\n", 0), ("\n", 1)):
        monkeypatch.setattr("sys.stdin", terminal := io.StringIO(answer))
        monkeypatch.setattr("sys.stderr", asked := io.StringIO())
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(asked, "isatty", lambda: True)
        if count:
            embedded.require_browser(install=False)
        else:
            with pytest.raises(BrowserUnavailable):
                embedded.require_browser(install=False)
        assert "about 110 MB? [Y/n]" in asked.getvalue()
        assert len(installed) == count

    monkeypatch.setenv("PRESSRUN_BROWSERS", "ws://elsewhere:1/")
    embedded.require_browser(install=True)
    assert len(installed) == 1, "what draws is on another machine"


def test_a_file_whose_name_begins_like_an_option_is_a_file(here: Path) -> None:
    (here / "-dash.md").write_text("# Dash\n")
    script = Script(generate=[MADE], files=[FILE])
    assert make(script, "-dash.md", "-o", "dash.pdf") == 0
    assert script.seen[0].body["text"] == "# Dash\n"
    assert make(Script(), "-dish.md") == 2, "there is none"


def test_what_cannot_be_written_in_the_end_is_named_as_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Plan, "require_writable", lambda _: None)  # it could be, when the command began
    assert make(Script(generate=[MADE], files=[FILE]), "lesson.md", "-o", "/proc/lesson.pdf") == 1
    assert "\npressrun: /proc/lesson.pdf: " in capsys.readouterr().err


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_told_as_shells_have_it() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [PRESSRUN, "--help"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=HANG_S, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_ctrl_c_while_the_command_is_loaded_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pressrun.cli.imports.importing", interrupted)  # the first thing that a command does
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "pressrun: Interrupted.\n"
