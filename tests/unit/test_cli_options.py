"""The command line's options are the fields of the request: names, choices, ranges, defaults."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import annotated_types
import pytest

from pressrun.api.wire.schemas import GenerateRequest
from pressrun.cli import main, options
from pressrun.cli.options import PolicyOptions, RenderOptions, ShowOptions
from pressrun.source_kinds import FIELDS as SOURCE_FIELDS
from pressrun.spec import SHOWING, RunSpec

COMMANDS = [
    "serve",
    "generate",
    "runs",
    "cancel",
    "doctor",
    "install-browser",
    "openapi",
    "retention",
    "webhook-secret",
    "verify",
]
SOURCES = {*SOURCE_FIELDS, "rerender_of", "attachments"}
FIELDS = GenerateRequest.model_fields


def helps(cls: type) -> dict[str, str]:
    """Each option's help: the string below its line."""
    tree = ast.parse(inspect.getsource(options))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
    return {
        field.target.id: text.value.value
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }  # type: ignore[union-attr,misc]


HELPS = helps(ShowOptions) | helps(RenderOptions) | helps(PolicyOptions)


def choices(annotation: Any) -> set[str]:
    """The words of every Literal inside."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return set().union(*(choices(part) for part in get_args(annotation)), set())


def test_what_a_rerender_may_change_is_an_option_of_it() -> None:
    assert {field.name for field in dataclasses.fields(ShowOptions)} == SHOWING


def test_every_field_of_the_spec_but_the_source_is_an_option() -> None:
    assert {field.name for field in dataclasses.fields(RenderOptions)} == set(RunSpec.model_fields) - SOURCES


def test_every_policy_of_the_request_is_an_option() -> None:
    policies = set(FIELDS) - set(RunSpec.model_fields)
    assert {field.name for field in dataclasses.fields(PolicyOptions)} == policies


@pytest.mark.parametrize("name", sorted(HELPS))
def test_an_option_offers_the_words_that_the_field_takes(name: str) -> None:
    hints = get_type_hints(RenderOptions) | get_type_hints(PolicyOptions)
    wanted = choices(FIELDS[name].annotation)
    assert choices(hints[name]) == wanted or all(word in HELPS[name] for word in wanted)


@pytest.mark.parametrize("name", sorted(HELPS))
def test_the_help_of_an_option_states_range_and_default(name: str) -> None:
    field = FIELDS[name]
    low = [mark.ge for mark in field.metadata if isinstance(mark, annotated_types.Ge)]
    high = [mark.le for mark in field.metadata if isinstance(mark, annotated_types.Le)]
    if low and high:
        assert f"{low[0]}..{high[0]}" in HELPS[name]
    default = field.default[0] if isinstance(field.default, list) else field.default
    if isinstance(default, bool):
        assert f"{'yes' if default else 'no'} unless given" in HELPS[name]
    elif default not in (None, "auto") and name != "model_choice":
        assert f"{default} unless given" in HELPS[name]


def test_each_help_text_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name in HELPS:
        assert f"--{name.replace('_', '-')}" in shown
    assert "pressrun generate lesson.md" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Usage: pressrun {command}" in shown


def test_the_help_of_all_names_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [command for command in COMMANDS if command not in shown] == []


def test_the_help_of_a_rerender_does_not_promise_the_defaults_of_a_new_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "rerender", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "What is not given is as it was in that run; `unless given` below is of a run made by" in shown


@pytest.mark.slow
def test_help_imports_nothing_heavy() -> None:
    """What makes `pressrun --help` answer at once, told without a stopwatch."""
    code = "import sys; from pressrun.cli import main; main(['--help']); print('\\n'.join(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"httpx", "pydantic", "starlette", "sqlalchemy", "dbos", "playwright", "uvicorn", "anyio", "structlog"}
    assert heavy.isdisjoint(modules)
    assert Path(sys.executable).with_name("pressrun").exists()
