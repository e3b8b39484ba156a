"""A file, and what was given on the command line -> the request for it: source, what lies beside it, defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pressrun.cli.beside import find_beside
from pressrun.cli.options import BesideOptions
from pressrun.cli.project import find_project, front_matter_defaults, project_defaults
from pressrun.cli.source import read_source
from pressrun.source_kinds import BY_FIELD, SourceField


@dataclass(frozen=True, slots=True)
class Asked:
    """`source`: it and its attachments, as fields. `defaults`: fields that the command line goes before. `notes`: what
    a person should know. `read`: the files that it hangs on besides the source.
    """

    source: dict[str, Any]
    defaults: dict[str, Any]
    notes: list[str]
    read: tuple[Path, ...]


def read_request(file: str, field: SourceField | None, options: BesideOptions) -> Asked:
    """Raises: UsageError, OSError."""
    source: dict[str, Any] = dict(read_source(file, field))
    ((kind, text),) = source.items()
    project = find_project(file)
    defaults = project_defaults(project, options.preset)
    if BY_FIELD[kind].for_ai:  # it is a text
        defaults = front_matter_defaults(file, text).over(defaults)
    beside = find_beside(file, kind, text, options.allow_dir or ())
    if beside.files:
        source["attachments"] = beside.files
    read = (*sorted(beside.named), *([project] if project else []), *defaults.read)
    return Asked(source, defaults.fields, beside.notes, read)
