"""What `pressrun FILE …` refuses before anything is made: words, names and places, each with what to do instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pressrun.cli import embedded, main
from tests.support.scripted_server import Script, scripted_server
from tests.support.server import free_port


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("SERVER", "TOKEN", "LOG_LEVEL"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)
    (tmp_path / "lesson.md").write_text("# Rivers\n")
    return tmp_path


def refuse(*words: str) -> int:
    with scripted_server(Script()) as url:
        return main([*words, "--server", url])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lesson.md", "lesson.md", "-o", "a.pdf"], "name a folder"),
        (["-", "lesson.md"], "standard input"),
        (["lesson.md", "-o", "-", "--json"], "give one of them"),
        (["lesson.md", "--force", "--no-clobber"], "give one of them"),
        (["lesson.md", "-P", "0"], "from 1"),
        (["-I", "nowhere"], "no such folder"),
        (["generte"], "Did you mean generate?"),
        (["lesson.md", "--zom", "3"], "Did you mean --zoom?"),
        (["gone.md"], "No such file"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--server", f"http://127.0.0.1:{free_port()}"]) == 2
    out, err = capsys.readouterr()
    assert says in out + err


@pytest.mark.parametrize("home", ["/proc", "/sys/kernel", "lesson.md"])
def test_a_home_that_cannot_be_written_to_is_named_with_the_remedy(
    here: Path, home: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(here / home))
    assert main(["lesson.md", "-o", "x.pdf", "--server", "embedded"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"pressrun: {here / home}/pressrun/commands is no place for this command's data: ")
    assert told.endswith("Set XDG_DATA_HOME to a folder of yours.\n")


def test_a_full_disk_of_the_commands_own_data_is_said_before_anything_begins(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(here / "share"))
    monkeypatch.setattr(embedded, "_LEAST_FREE_BYTES", 10**18)
    assert main(["lesson.md", "-o", "x.pdf", "--server", "embedded"]) == 1
    assert "MB of room left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runs", "folow", "x"], "There is no 'folow' in `pressrun runs`. Did you mean follow? See `"),
        (["token", "mew"], 'Did you mean "new"?'),
        (["verify", "a", "b"], "'b' is one word too many. See `pressrun verify --help`"),
        (["--", "lesson.md", "-o", "x.pdf"], "-o stands behind --, where all words are files: put it before that."),
    ],
)  # fmt: skip
def test_a_word_that_nothing_takes_says_what_was_meant(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_a_folder_is_no_file_and_says_how_its_files_are_made(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "my chapters").mkdir()
    assert refuse("my chapters", "-o", "x.pdf") == 2
    assert "is a folder: `pressrun -I 'my chapters'` makes all files in it" in capsys.readouterr().err


def test_a_device_is_written_to_through_standard_output_only(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(here / "pipe")
    for name in ("/dev/full", "/dev/null", "pipe"):
        for more in ([], ["--force"]):
            assert refuse("lesson.md", "-o", name, *more) == 2
            assert f"-o {name} is neither a file nor a folder: -o - --outputs pdf > {name}" in capsys.readouterr().err
    (here / "plain").write_text("a file\n")
    assert refuse("lesson.md", "-o", "plain") == 2
    assert "-o plain: there is a file of that name, and one without an ending is a folder" in capsys.readouterr().err
