"""Files for other people's tools: what they call is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import yaml

from pressrun.cli.commands import app

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"
OPTIONS = {name for argument in app.assemble_argument_collection() for name in argument.names}


def options_of(command: str) -> set[str]:
    return {word for word in shlex.split(command) if word.startswith("-")}


def test_the_workflow_and_the_hook_call_options_that_there_are() -> None:
    steps = yaml.safe_load((CI / "github-slides.yml").read_text())["jobs"]["slides"]["steps"]
    commands = [step["run"] for step in steps if step.get("run", "").startswith("pressrun ")]
    (hook,) = yaml.safe_load((CI / "pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    commands.append(hook["entry"])
    assert len(commands) == 2
    for command in commands:
        assert options_of(command) <= OPTIONS, command


def test_llms_txt_names_pages_that_there_are() -> None:
    text = (ROOT / "docs" / "llms.txt").read_text()
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 5
    for link in links:
        assert (ROOT / "docs" / link).is_file(), link
