"""What `pressrun FILE …` is to do and how it went. Light: the browser is started before what does it is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pressrun.cli.targets import Plan


@dataclass(frozen=True, slots=True)
class Job:
    """One source: the request for it, and where the results go. `replace`: what is there already. `read`: what
    it hangs on besides the source.
    """

    file: str
    request: dict[str, Any]
    plan: Plan
    replace: bool = False
    read: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class How:
    """What holds for all jobs of one command. `server` None: one of this command alone, in `folder`, which it holds."""

    server: tuple[str, str | None] | None
    at_once: int = 1
    fail_fast: bool = False
    json: bool = False
    key: str | None = None
    watching: bool = False
    folder: Path | None = None


@dataclass(slots=True)
class Results:
    """How it went: exit codes of what failed, and what was written, by source."""

    codes: list[int] = field(default_factory=list)
    written: dict[str, list[Path]] = field(default_factory=dict)
    interrupted: bool = False
