"""README says what is: its snippets run, its tables are complete. (Its links: test_references.py.)"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pressrun.events.model import BODY
from pressrun.settings import Settings
from tests.support.limits import HANG_S
from tests.support.server import Server, start_server

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
SNIPPETS = dict(re.findall(r"```(bash|python|javascript)\n(.*?)```", README, re.DOTALL))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("readme") / "data", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as server:
        yield server


@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("bash", ["bash", "-ec"]),
        ("python", [sys.executable, "-c"]),
        ("javascript", ["node", "--input-type=module", "-e"]),
    ],
)
def test_the_clients_of_the_readme_work_when_pasted(server: Server, language: str, command: list[str]) -> None:
    assert shutil.which(command[0]), f"{command[0]} is part of the set-up"
    if language == "bash" and shutil.which("curl") is None:
        pytest.skip("curl is not part of the set-up; CI has it")
    snippet = SNIPPETS[language].replace("http://127.0.0.1:8000", server.url)
    done = subprocess.run([*command, snippet], check=False, capture_output=True, text=True, timeout=HANG_S)
    assert done.returncode == 0, done.stderr
    for event in ("started", "html_generated", "screenshot", "complete"):
        assert event in done.stdout


def test_the_settings_table_lists_every_setting_and_no_other() -> None:
    listed = set(re.findall(r"`(PRESSRUN_[A-Z_]+)`", README.partition("## Settings")[2].partition("\n## ")[0]))
    assert listed == set(Settings.variables())


def test_the_event_table_lists_every_event_and_no_other() -> None:
    table = README.partition("## Events")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE))
    kinds = {
        schema["properties"]["type"]["const"]
        for schema in BODY.json_schema()["$defs"].values()
        if "type" in schema["properties"]
    }
    assert listed == kinds


def test_the_readme_fits_on_two_screens_of_a_large_monitor() -> None:
    assert len(README.splitlines()) < 180
