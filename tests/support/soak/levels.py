"""What a server holds: descriptors, threads, memory, processes by what they are, temporary files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pressrun.procfs import command_line_of, descendants_of, descriptors_of, rss_bytes_of
from tests.support.processes import is_running


@dataclass(frozen=True)
class Levels:
    """At one moment. `processes`: by `browser`, `renderer`, `driver`, `parser` and `helper` (Chromium's own)."""

    descriptors: int
    threads: int
    rss_mb: float
    processes: Counter[str]
    temporary: tuple[str, ...]

    def __str__(self) -> str:
        running = " ".join(f"{count} {kind}" for kind, count in sorted(self.processes.items()))
        return (
            f"{self.rss_mb:.0f} MB, {self.descriptors} descriptors, {self.threads} threads, {running}, "
            f"{len(self.temporary)} temporary"
        )


def read_levels(pid: int, temporary: Path) -> Levels:
    """Of a server that runs, and of the folder for temporary files that it was given."""
    return Levels(
        descriptors=descriptors_of(pid) or 0,
        threads=len(list(Path(f"/proc/{pid}/task").iterdir())),
        rss_mb=(rss_bytes_of(pid) or 0) / 1e6,
        processes=Counter(kind for kind, _ in family_of(pid)),
        temporary=tuple(sorted(path.name for path in temporary.iterdir())),
    )


def family_of(pid: int) -> list[tuple[str, int]]:
    """All living descendants, with their kind."""
    return [(_kind(child), child) for child in sorted(descendants_of(pid)) if is_running(child)]


def _kind(pid: int) -> str:
    said = command_line_of(pid) or b""
    if b"--type=renderer" in said:
        return "renderer"
    if b"--type=" in said:
        return "helper"
    if b"--headless" in said or b"--remote-debugging" in said:
        return "browser"
    if b"parser_child" in said:
        return "parser"
    return "driver" if b"driver" in said else "other"
