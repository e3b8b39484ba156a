"""Defaults that are written down: `pressrun.toml`, its presets, and what a text says of itself under `pressrun:`.

The command line goes before the front matter, that before a preset, that before the project file, and what nobody says
is the server's. Which fields there are is told by `RunSpec` and the options; a word that is none of them is an error.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

from pressrun.cli.exits import UsageError
from pressrun.cli.files import read_start, real_path
from pressrun.cli.options import PolicyOptions, RenderOptions, contents_of
from pressrun.cli.words import meant

NAME = "pressrun.toml"
_PRESETS = "presets"
_FRONT_MATTER = "pressrun"
# What is done with other runs, and who is told: a text may have been sent by a stranger.
_OF_THE_CALLER = frozenset(each.name for each in fields(PolicyOptions))
_MAX_BYTES = 1_000_000  # arbitrary: real ones have a few lines
_SHOWN_CHARACTERS = 80  # of a value that cannot be taken; arbitrary: a line


def find_project(file: str) -> Path | None:
    """The project file of a source: the nearest one in its folder or above."""
    folder = Path.cwd() if file == "-" else Path(file).absolute().parent
    return next((path for each in (folder, *folder.parents) if (path := each / NAME).is_file()), None)


@dataclass(frozen=True, slots=True)
class Defaults:
    """Fields of the request, and the files that some of them were read from."""

    fields: dict[str, Any] = field(default_factory=dict)
    read: tuple[Path, ...] = ()

    def over(self, others: Defaults) -> Defaults:
        """These, and of the others what these do not say."""
        return Defaults({**others.fields, **self.fields}, (*others.read, *self.read))


def project_defaults(path: Path | None, preset: str | None) -> Defaults:
    """What the project file gives, with what the preset does. Raises: UsageError, OSError."""
    if path is None:
        if preset is not None:
            raise UsageError(f"--preset {preset}: there is no {NAME} beside the file or above it.")
        return Defaults()
    said = _read(path)
    presets = said.pop(_PRESETS, {})
    if not isinstance(presets, dict) or not all(isinstance(each, dict) for each in presets.values()):
        raise UsageError(f"{path}: `{_PRESETS}` are tables, as in [{_PRESETS}.print].")
    made = checked(said, str(path), path.parent, also=(_PRESETS,))
    every = {name: checked(each, f"{path}, [{_PRESETS}.{name}]", path.parent) for name, each in presets.items()}
    if preset is None:
        return made
    if preset not in every:
        known = f" It has: {', '.join(every)}." if every else f" It has no [{_PRESETS}.…] yet."
        raise UsageError(f"--preset {preset}: {path} has none of that name.{meant(preset, every)}{known}")
    return every[preset].over(made)


def front_matter_defaults(file: str, text: str) -> Defaults:
    """What a text gives, as in `pressrun: {zoom: 1.5}`. Raises: UsageError."""
    if not text.lstrip("\ufeff\n").startswith(("---", "+++")) or _FRONT_MATTER not in text:
        return Defaults()
    from pressrun.sources.front_matter import read_front_matter, split_front_matter

    said = read_front_matter(split_front_matter(text.replace("\r\n", "\n"))).fields.get(_FRONT_MATTER)
    if said is None:
        return Defaults()
    if not isinstance(said, dict):
        raise UsageError(f"{file}: `{_FRONT_MATTER}` in its front matter holds fields, as in `{{zoom: 2}}`.")
    where = f"{file}, `{_FRONT_MATTER}` in its front matter"
    for name in said:
        if name in _OF_THE_CALLER:
            raise UsageError(
                f"{where}: {name!r} is for whoever makes the slides to say, not for the text; "
                f"write it into {NAME} or on the command line."
            )
    folder = Path.cwd() if file == "-" else Path(file).absolute().parent
    return checked(said, where, folder, strings=True)


def checked(
    said: Mapping[str, Any], where: str, folder: Path, *, also: tuple[str, ...] = (), strings: bool = False
) -> Defaults:
    """The fields, each as the request takes it; `strings`: YAML was read without types.

    What is a file on the command line is one below `folder` here, or what it would hold. Raises: UsageError.
    """
    from pydantic import ValidationError

    known = _types()
    for name in said:
        if name not in known:
            others = ", ".join(sorted([*known, *also]))
            raise UsageError(f"{where}: {name!r} is not known.{meant(name, [*known, *also])} Known: {others}.")
    made: dict[str, Any] = {}
    read: list[Path] = []
    for name, value in said.items():
        if name in _files() and isinstance(value, str) and not _is_content(value):
            read.append(_below(folder, value, f"{where}: {name}"))
            made[name] = contents_of(name, read[-1])
            continue
        try:
            given = re.split(r"[\s,]+", value.strip()) if name == "outputs" and isinstance(value, str) else value
            made[name] = known[name].validate_python(given, strict=not strings)
        except ValidationError as exc:
            problem = exc.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            shown = repr(value)
            shown = shown if len(shown) <= _SHOWN_CHARACTERS else shown[: _SHOWN_CHARACTERS - 1] + "…"
            raise UsageError(f"{where}: {name}: {problem[0].lower()}{problem[1:]}; it is {shown}.") from exc
    return Defaults(made, tuple(read))


def _is_content(value: str) -> bool:
    """Whether a style sheet or a picture is written out, and not named."""
    return value.startswith("data:") or "{" in value or "\n" in value


def _below(folder: Path, name: str, where: str) -> Path:
    """The file. Raises: UsageError where none is there, or it lies elsewhere: who opens a course of somebody else's
    sends no file of their own.
    """
    path = folder / name
    if not real_path(path).is_relative_to(real_path(folder)):
        raise UsageError(f"{where}: {name} is not below {folder}; a file elsewhere is named on the command line.")
    if not path.is_file():
        raise UsageError(f"{where}: there is no file {path}.")
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        data = read_start(path, _MAX_BYTES)
        if len(data) > _MAX_BYTES:
            raise UsageError(f"{path} is too large to be a project file.")
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise UsageError(f"{path} is no TOML: {exc}") from exc
    except RecursionError:
        raise UsageError(f"{path} is no project file: something in it is nested too deeply.") from None


@functools.cache
def _files() -> frozenset[str]:
    """The fields that are files on the command line."""
    hints = get_type_hints(RenderOptions, include_extras=True)
    return frozenset(each.name for each in fields(RenderOptions) if Path in get_args(hints[each.name]))


@functools.cache
def _types() -> dict[str, Any]:
    """What reads each field, with its range. Imported late: most commands meet no project file."""
    from pydantic import TypeAdapter

    from pressrun.spec import RunSpec

    spec = RunSpec.model_fields
    policies = get_type_hints(PolicyOptions, include_extras=True)
    named = [each.name for options in (RenderOptions, PolicyOptions) for each in fields(options)]
    types: dict[str, Any] = {name: Annotated[field.annotation, field] for name, field in spec.items()}
    return {name: TypeAdapter((types | policies)[name]) for name in named}
