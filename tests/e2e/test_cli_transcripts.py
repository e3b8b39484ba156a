"""What every command shows on a terminal and sends into a pipe, with a real server and a real run.

The transcripts are in tests/data/transcripts, with what changes from run to run replaced by a word. After a change that
is meant: UPDATE_TRANSCRIPTS=1 .venv/bin/pytest tests/e2e/test_cli_transcripts.py, and look at the difference.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cyclopts import App

from pressrun.cli.commands import app
from pressrun.client import Client
from tests.support.server import Server, start_server
from tests.support.terminal import Said, in_a_pipe, on_a_terminal, screen_of

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "data" / "transcripts"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
COLUMNS = 100
SMALL = ["--viewport-width", "640", "--viewport-height", "360"]


def commands(parent: App, *above: str) -> Iterator[tuple[str, ...]]:
    """Every command and group."""
    yield above
    for name in parent:
        if not name.startswith("-"):
            yield from commands(parent[name], *above, name)


COMMANDS = list(commands(app))


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("LINES", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("BROWSER", "true")  # a program that opens nothing
    monkeypatch.setenv("TZ", "UTC")
    for name in ("NO_COLOR", "PRESSRUN_TOKEN", "PRESSRUN_LOG_LEVEL", "PRESSRUN_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_that_fits_a_terminal_and_is_plain_in_a_pipe(words: tuple[str, ...]) -> None:
    piped = in_a_pipe([*words, "--help"])
    assert (piped.code, piped.err) == (0, "")
    assert not CONTROL.search(piped.out)
    assert piped.out.startswith(" ".join(("Usage: pressrun", *words)))
    shown = on_a_terminal([*words, "--help"], COLUMNS)
    assert shown.code == 0
    screen = screen_of(shown.out)
    assert max(map(len, screen)) <= COLUMNS
    assert " ".join(" ".join(screen).split()) == " ".join(piped.out.split()), "the same words"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("transcripts") / "data", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as running:
        yield running


def session(run_id: Callable[[], str]) -> Iterator[list[str]]:
    """What somebody types, one after the other; `run_id` is asked when its command is reached."""
    yield ["lesson.md", "-o", "lesson.pdf", "-o", "slides/", *SMALL]
    yield ["lesson.md", "-o", "lesson.pdf"]
    yield ["lesson.md", "other.md", "missing.md", "-o", "out/", "--outputs", "html"]
    yield ["generate", "lesson.md", *SMALL]
    yield ["generate", "lesson.md", "--explain"]
    yield ["generate", "lesson.md", "--zoom", "99"]
    yield ["runs", "--limit", "4"]
    yield ["runs", "show", run_id()]
    yield ["runs", "get", run_id(), "-o", "again.png"]
    yield ["runs", "open", run_id()]
    for verb in ("pin", "unpin", "pause", "resume", "retry"):
        yield ["runs", verb, run_id()]
    yield ["cancel", run_id()]
    yield ["runs", "show", "01a00000-0000-7000-8000-000000000000"]
    yield ["verify", run_id()]
    yield ["retention", "--dry-run"]
    yield ["lanes"]
    yield ["lanes", "pause"]
    yield ["lesson.md", "-o", "paused.pdf", "--on-busy", "reject"]
    yield ["lanes", "resume"]
    yield ["runs", "rerender", run_id(), "--outputs", "html"]
    yield ["runs", "follow", run_id()]
    yield ["runs", "delete", run_id()]
    yield ["picture.md"]
    yield ["lesson.md", "--vewport-width", "640"]
    yield ["token", "new", "--name", "ann"]
    yield ["webhook-secret"]


def plain(text: str, server: Server, folder: Path) -> str:
    """Without what is another at each run."""
    for pattern, word in (
        (re.escape(server.url), "http://SERVER"),
        (re.escape(str(server.data_dir)), "DATA"),
        (re.escape(str(folder)), "FOLDER"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "RUN"),
        (r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_RUN", "TIME_RUN"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?", "TIME"),
        (r"\d+(\.\d+)? s\b", "N s"),
        (r"\d+:\d\d:\d\d", "T"),
        (r"\d+(\.\d+)? (B|kB|MB)\b", "N kB"),
        (r"\b[0-9a-f]{64}\b", "DIGEST"),
        (r"pressrun_[\w-]{30,}|whsec_[\w+/=]+", "SECRET"),
        (r"[━╸╺]+", "━"),
        (r" {2,}", "  "),
        (r"(?m)^ *\d+ % .*\n", ""),  # how many steps are told is a matter of time
    ):
        text = re.sub(pattern, word, text)
    return text


def transcript(server: Server, folder: Path, show: Callable[[list[str]], Said], tell: Callable[[Said], str]) -> str:
    """The whole session as text."""
    (folder / "lesson.md").write_text("# Rivers\n\nA river runs to the sea.\n")
    (folder / "other.md").write_text("# Seas\n\nA sea is deep.\n")
    (folder / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(32))

    def newest() -> str:
        with Client(server.url) as client:
            return client.list_runs(limit=1).runs[0].operation_id

    pieces = []
    for words in session(newest):
        said = show(words)
        pieces.append(plain(f"$ pressrun {' '.join(words)}\n{tell(said)}[{said.code}]\n", server, folder))
    return "\n".join(pieces)


def require_golden(name: str, made: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        path.write_text(made)
    assert made == path.read_text()


@pytest.mark.chromium
def test_a_session_on_a_terminal(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSRUN_SERVER", server.url)

    def tell(said: Said) -> str:
        return "".join(f"{line}\n" for line in screen_of(said.out) if line)

    require_golden("terminal.txt", transcript(server, tmp_path, lambda words: on_a_terminal(words, COLUMNS), tell))


@pytest.mark.chromium
def test_a_session_in_a_pipe(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSRUN_SERVER", server.url)

    def tell(said: Said) -> str:
        for text in (said.out, said.err):
            assert not CONTROL.search(text), text
        return said.out + "".join(f"! {line}\n" for line in said.err.splitlines())

    require_golden("pipe.txt", transcript(server, tmp_path, in_a_pipe, tell))


@pytest.mark.chromium
def test_with_json_each_line_is_an_object_and_nothing_else_is_said(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSRUN_SERVER", server.url)
    (tmp_path / "lesson.md").write_text("# Rivers\n\nIn JSON.\n")
    for words in (
        ["lesson.md", "-o", "lesson.pdf", *SMALL], ["lesson.md", "-o", "lesson.pdf"], ["generate", "lesson.md", *SMALL],
        ["runs"], ["lanes"], ["themes"], ["verify"], ["retention", "--dry-run"],
        ["generate", "lesson.md", "--zoom", "99"],
    ):  # fmt: skip
        for said in (in_a_pipe([*words, "--json"]), on_a_terminal([*words, "--json"])):
            lines = said.out.replace("\r\n", "\n").splitlines()
            assert all(isinstance(json.loads(line), dict) for line in lines), words
            assert lines or words == ["retention", "--dry-run"], words
            assert said.err == "", words
