"""`pressrun FILE …` over many files, and many edits: shared by a short test and a long benchmark (`many`)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.limits import HANG_S
from tests.support.server import PRESSRUN

SMALL = ["--viewport-width", "640", "--viewport-height", "360"]


def environment(home: Path) -> dict[str, str]:
    """Of somebody whose programs keep their data in `home`, and who has set other things for servers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRESSRUN_")}
    return kept | {"XDG_DATA_HOME": str(home), "PRESSRUN_DATA_DIR": "/nowhere", "PRESSRUN_PORT": "1"}


@dataclass(slots=True)
class Many:
    """How it went. `at_once`: runs that were running at a time, at most."""

    code: int
    made: set[str] = field(default_factory=set)
    at_once: int = 0
    took_s: float = 0.0


def make_many(home: Path, folder: Path, count: int) -> Many:
    """`count` files into PDFs in `out/`, two at a time, by a server of the command's own."""
    for number in range(count):
        (folder / f"chapter {number:03}.md").write_text(f"# Chapter {number}\n\nIt has {number} words.\n")
    words = [path.name for path in sorted(folder.glob("*.md"))]
    command = [str(PRESSRUN), *words, "-o", "out/", "--outputs", "pdf", "-P", "2", "--server", "embedded", "--json"]
    begun_at = time.perf_counter()
    done = subprocess.run(
        [*command, *SMALL], cwd=folder, env=environment(home), check=False, stdout=subprocess.PIPE, text=True,
        timeout=HANG_S + count,
    )  # fmt: skip
    result = Many(done.returncode, took_s=time.perf_counter() - begun_at)
    running: set[str] = set()
    for event in map(json.loads, done.stdout.splitlines()):
        if event["type"] == "started":
            running.add(event["file"])
        elif event["type"] in {"complete", "error", "cancelled"}:
            running.discard(event["file"])
        elif event["type"] == "made":
            result.made.add(event["file"])
        result.at_once = max(result.at_once, len(running))
    return result


@dataclass(frozen=True, slots=True)
class Edit:
    """What became of one: slides that were captured, those that were known, and how long it took to the pictures."""

    captured: int
    known: int
    took_s: float


def watch_edits(server_url: str, folder: Path, edits: int, slides: int = 4) -> Iterator[Edit]:
    """One slide of a deck is edited after the other, while `--watch` makes its pictures again."""
    deck = folder / "deck.md"
    texts = [f"# Slide {number}\n\nFirst words." for number in range(slides)]
    deck.write_text("\n\n---\n\n".join(texts))
    words = [str(PRESSRUN), deck.name, "-o", "pictures/", "--watch", "--json", "--server", server_url, *SMALL]
    with subprocess.Popen(words, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            _until_made(process.stdout)
            for number in range(edits):
                before = _captures(server_url)
                texts[number % slides] = f"# Slide {number % slides}\n\nWords of edit {number}."
                begun_at = time.perf_counter()
                deck.write_text("\n\n---\n\n".join(texts))
                _until_made(process.stdout)
                took_s = time.perf_counter() - begun_at
                after = _captures(server_url)
                yield Edit(after["misses"] - before["misses"], after["hits"] - before["hits"], took_s)
            process.send_signal(signal.SIGINT)
            assert process.wait(HANG_S) == 130
        finally:
            process.kill()


def _until_made(lines: Any) -> None:
    for line in lines:
        if json.loads(line)["type"] == "made":
            return
    raise AssertionError("the command has ended")


def _captures(server_url: str) -> dict[str, int]:
    told = httpx.get(server_url + "/metrics").text
    return {
        name: int(float(count)) for name, count in re.findall(r"^pressrun_capture_cache_(\w+)_total (\S+)", told, re.M)
    }
