"""The deck captured by Pressrun and by what people use today, in turns, so that all meet the same weather.

What is inside each clock:

- a rival: its whole process, from `exec` to its exit: interpreter, imports, browser, 20 files. shot-scraper, crawlee
  and puppeteer-cluster load the page anew for each slide, as their users write it; the loop once.
- "warm": a server that runs; from the POST to the `complete` event: compose, page breaks, 20 pictures on disk, each
  with its digest, its event and its place in the manifest of a published folder. The capture cache is off.
- "cold": `pressrun serve` from `exec` on an empty data folder, the same run, and the server's exit.

The figures with a target hold the rival's process against the warm run, because that is how either is used: a command
that begins anew each time, and a server that is there. The cold ratio is there for whoever finds that unfair.

Memory is the peak PSS of the whole process tree, from a round of its own: looking costs time. Rivals with two browsers
(puppeteer-cluster) are held against Pressrun with two; those with one against Pressrun with one.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from statistics import median

import httpx

from benchmarks.figures import Figure
from benchmarks.rivals.deck import SLIDES, deck, serving
from benchmarks.rivals.install import Installed, environment, install
from benchmarks.rivals.tree import PeakMemory
from tests.support.runs import run_to_end
from tests.support.server import Server, free_port, start_server

_ROUNDS = 5
_TARGETS = {"shot-scraper multi": 3.5, "Playwright loop": 2.9, "crawlee-python": 3.6, "puppeteer-cluster": 1.5}
_WITH_TWO_BROWSERS = {"puppeteer-cluster"}
_SETTINGS = {"PRESSRUN_CAPTURE_CACHE_MAX_BYTES": "0", "PRESSRUN_RUN_DEDUP_WINDOW_S": "0"}
_SPEC = {"zoom": 1, "overlap": 0, "page_breaks": "scroll", "viewport_width": 1920, "viewport_height": 1080}
_HERE = Path(__file__).parent


def measure(folder: Path) -> Iterator[Figure]:
    rivals = install()
    html = deck()
    with serving(html) as url, start_server(folder / "warm", **_SETTINGS) as server:
        commands = _commands(rivals, url, folder)
        taken: dict[str, list[float]] = defaultdict(list)
        for number in range(-1, _ROUNDS):  # the first warms up what the system caches
            for name, took_s in _round(commands, rivals, server, html, folder, number):
                if number >= 0:
                    taken[name].append(took_s)
        memory = {name: _memory(rivals, command, folder / name) for name, command in commands.items()}
    ours = {browsers: _our_memory(folder, html, browsers) for browsers in (1, 2)}
    yield from _report(taken, memory, ours, len(html.encode()))


def _report(
    taken: dict[str, list[float]], memory: dict[str, int], ours: dict[int, int], size_bytes: int
) -> Iterator[Figure]:
    note = f"{SLIDES} slides PNG 1920x1080 of one document of {size_bytes / 1000:.0f} KB, {_ROUNDS} rounds"
    warm = {name: taken[f"warm beside {name}"] for name in _TARGETS}
    yield Figure("Pressrun, warm server, POST to `complete`", median(chain(*warm.values())), "s", note=note)
    yield Figure("Pressrun, cold: serve, run, exit", median(taken["cold"]), "s")
    for name, target in _TARGETS.items():
        yield Figure(f"{name}, whole process", median(taken[name]), "s")
        yield _ratio(f"{name} / Pressrun warm", taken[name], warm[name], target)
        yield _ratio(f"{name} / Pressrun cold", taken[name], taken["cold"], None)
        browsers = 2 if name in _WITH_TWO_BROWSERS else 1
        yield Figure(f"{name}, peak memory of its tree", memory[name] / 1e6, "MB", note=f"browsers: {browsers}")
        share = ours[browsers] / memory[name]
        yield Figure(f"Pressrun's memory / {name}", share, "x", target=1, note=f"{ours[browsers] / 1e6:.0f} MB")


def _ratio(name: str, theirs: list[float], ours: list[float], target: float | None) -> Figure:
    value = median(their / our for their, our in zip(theirs, ours, strict=True))
    return Figure(name, value, "x", target=target, more_is_better=True, note="median of paired rounds")


def _commands(rivals: Installed, url: str, folder: Path) -> dict[str, list[str]]:
    def script(name: str) -> list[str]:
        return [str(rivals.python), str(_HERE / name)]

    rest = [url, ".", str(SLIDES), str(rivals.chromium)]
    shots = [
        {
            "url": url,
            "output": f"{number + 1:04d}.png",
            "width": 1920,
            "height": 1080,
            "javascript": f"window.scrollTo(0, {number * 1080})",
        }
        for number in range(SLIDES)
    ]
    config = folder / "shots.json"  # JSON is YAML
    config.write_text(json.dumps(shots))
    return {
        "shot-scraper multi": [
            str(rivals.shot_scraper),
            "multi",
            str(config),
            "--browser-arg=--no-sandbox",
            "--silent",
        ],
        "Playwright loop": [*script("playwright_loop.py"), *rest],
        "crawlee-python": [*script("crawlee_deck.py"), *rest],
        "puppeteer-cluster": ["node", str(rivals.cluster), *rest],
    }


def _round(
    commands: dict[str, list[str]], rivals: Installed, server: Server, html: str, folder: Path, number: int
) -> Iterator[tuple[str, float]]:
    for name, command in commands.items():
        yield name, _timed(_run_rival, rivals, command, folder / name)
        with httpx.Client(base_url=server.url, timeout=300) as http:
            yield f"warm beside {name}", _timed(_run_ours, http, html, f"{name} {number}")
    yield "cold", _timed(_run_cold, folder / f"cold {number}", html)


def _timed(work: Callable[..., object], *args: object) -> float:
    begun_at = time.perf_counter()
    work(*args)
    return time.perf_counter() - begun_at


def _run_rival(rivals: Installed, command: list[str], out: Path) -> None:
    out.mkdir(exist_ok=True)
    for old in out.glob("*.png"):
        old.unlink()
    subprocess.run(command, cwd=out, env=environment(rivals), check=True, capture_output=True, timeout=300)
    _judge(sorted(out.glob("*.png")))


def _judge(files: list[Path]) -> None:
    """All there, of the right size, and no two alike."""
    heads = {path.read_bytes()[16:24] for path in files}
    assert heads == {(1920).to_bytes(4) + (1080).to_bytes(4)}, heads
    assert len({path.read_bytes() for path in files}) == SLIDES, len(files)


def _run_ours(http: httpx.Client, html: str, name: str) -> None:
    end = run_to_end(http, html=html, output_name=name, **_SPEC)[-1]
    assert end["type"] == "complete", end
    assert end["screenshot_count"] == SLIDES, end


def _run_cold(data_dir: Path, html: str) -> None:
    with start_server(data_dir, **_SETTINGS) as server, httpx.Client(base_url=server.url, timeout=300) as http:
        _run_ours(http, html, "cold")


def _memory(rivals: Installed, command: list[str], out: Path) -> int:
    with (
        subprocess.Popen(
            command, cwd=out, env=environment(rivals), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process,
        PeakMemory(process.pid) as memory,
    ):
        assert process.wait(300) == 0
    return memory.peak_bytes


def _our_memory(folder: Path, html: str, browsers: int) -> int:
    """Server, driver and Chromium, from the start of the server to the end of its second run."""
    server = Server(folder / f"memory {browsers}", free_port(), {**_SETTINGS, "PRESSRUN_BROWSERS": f"local:{browsers}"})
    server.start()
    try:
        with PeakMemory(server.pid) as memory, httpx.Client(base_url=server.url, timeout=300) as http:
            for number in range(2):
                _run_ours(http, html, f"memory {number}")
    finally:
        server.stop()
    return memory.peak_bytes
