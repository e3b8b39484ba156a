"""POST /preview of the real server: the first one, a text that is new each time, one that is known, and one in which a
word of a paragraph in its middle is changed between two previews, as while it is written; in two scripts. All but those
"at once" are asked for a pause after the one before.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.composition import lesson
from benchmarks.figures import Figure
from tests.support.server import start_server

_ROUNDS = 7
_TARGET_MS = 150  # issue 15
_CHARACTERS = 25_000
_HINDI = Path(__file__).parents[1] / "tests" / "data" / "udhr" / "hin.md"
_PAUSE_S = 0.3  # of who writes: a preview is asked for when he has not typed for so long


def measure(folder: Path) -> Iterator[Figure]:
    with start_server(folder / "data") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        took = _asked(http, lesson(3, _CHARACTERS)[:_CHARACTERS])
        yield Figure(
            f"preview of {_CHARACTERS} characters, the server's first", took[0], "ms", note=f"{took[1]} slides"
        )
        _asked(http, "# Warm")
        for characters in (2_500, _CHARACTERS, 100_000):
            text = lesson(7, characters)[:characters]
            rounds = _ROUNDS if characters < 100_000 else 3
            each = [_after_a_pause(http, lesson(100 + number, characters)[:characters]) for number in range(rounds)]
            target = _TARGET_MS if characters == _CHARACTERS else None
            note = f"{each[-1][1]} slides, median of {rounds}"
            yield Figure(f"preview of {characters} characters, new", _median_ms(each), "ms", target=target, note=note)
            in_a_row = [_asked(http, f"{text}\n\nNumber {number}") for number in range(rounds)]
            name = f"preview of {characters} characters, the last line changed, at once"
            yield Figure(name, _median_ms(in_a_row), "ms", target=target)
            kept = [_asked(http, f"{text}\n\nNumber {rounds - 1}") for _ in range(rounds)]
            yield Figure(f"preview of {characters} characters, known", _median_ms(kept), "ms", target=target)
        hindi = _HINDI.read_text()
        texts = {"Latin": lesson(5, _CHARACTERS)[:_CHARACTERS], "Devanagari": (hindi * 10)[:_CHARACTERS]}
        for script, text in texts.items():
            edited = _edited(http, text)
            note = f"{edited[-1][1]} slides, {script}; median of {_ROUNDS}, slowest {max(edited)[0]:.0f} ms"
            name = f"preview of {_CHARACTERS} characters, a word in the middle changed, {script}"
            yield Figure(name, _median_ms(edited), "ms", target=_TARGET_MS, note=note)


def _edited(http: httpx.Client, text: str) -> list[tuple[float, int]]:
    middle = text.index(" ", len(text) // 2)
    took = []
    for number in range(_ROUNDS + 1):
        took.append(_after_a_pause(http, f"{text[:middle]} {number}{text[middle:]}"))
    return took[1:]


def _after_a_pause(http: httpx.Client, text: str) -> tuple[float, int]:
    time.sleep(_PAUSE_S)
    return _asked(http, text)


def _asked(http: httpx.Client, text: str) -> tuple[float, int]:
    """Milliseconds, and how many slides."""
    begun_at = time.perf_counter()
    answer = http.post("/preview", json={"text": text, "max_screenshots": 500}).raise_for_status()
    return 1000 * (time.perf_counter() - begun_at), answer.json()["slide_count"]


def _median_ms(took: list[tuple[float, int]]) -> float:
    return median(milliseconds for milliseconds, _ in took)
