"""How well texts are dealt out to slides, next to windows of the same documents, and what composing costs.

The score is that of `slides.json` (docs/composition.md). Texts: the Universal Declaration of Human Rights in 20
languages, ten long lessons, five articles; lessons and articles are written here, of the same words every time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

import anyio

from benchmarks.figures import Figure
from pressrun.browser.composing import compose_deck
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.page_breaks import PageBreaks, plan_slices
from pressrun.slide_texts import Composition
from pressrun.themes.catalog import deck_css
from tests.support.decks import compose, document_of

_ROOT = Path(__file__).parents[1]
_LANGUAGES = """
amh arb ben cmn_hans deu_1996 ell_polytonic eng guj heb hin hye jpn kat kor pes_1 rus tam tha urd vie
"""
_SCREEN = Screen(1920, 1080, 2.1)
_SIZE = {"viewport_width": 1920, "viewport_height": 1080, "zoom": 2.1}
_CHARACTERS = 25_000
_ROUNDS = 7
_WORDS = """
river land water stone light sand carries slowly under every bridge old town where people still remember rain
"""


def measure(_folder: Path) -> Iterator[Figure]:
    yield from anyio.run(_figures)


async def _figures() -> list[Figure]:
    figures: list[Figure] = []
    async with open_browser_pool(BrowserPoolConfig()) as pool:
        await pool.warm()
        for name, texts in corpora().items():
            composed, missing = [], 0
            for text in texts.values():
                made = await compose(pool, text, screen=_SCREEN)
                missing += made.coverage.words_missing
                assert made.texts.composition is not None
                composed.append(made.texts.composition)
            figures += _told(name, "compose", composed)
            figures.append(Figure(f"{name}: words on no slide", missing, "", target=0, promise=True))
            for mode in ("blocks", "scroll"):
                figures += _told(name, mode, [await _windows(pool, text, mode) for text in texts.values()])
        figures.append(await _cost(pool))
    return figures


def _told(name: str, mode: str, scores: list[Composition]) -> list[Figure]:
    slides = sum(score.slides for score in scores)
    breaks = max(1, slides - len(scores))
    fill = sum(score.mean_fill * score.slides for score in scores) / slides
    ours = mode == "compose"
    note = f"{len(scores)} texts, {slides} slides; least fill {min(score.least_fill for score in scores):.2f}"

    def figure(what: str, value: float, unit: str, target: float | None) -> Figure:
        return Figure(f"{name}, {mode}: {what}", value, unit, target=target if ours else None, note=note)

    return [
        figure("breaks inside a sentence", 100 * sum(s.breaks_in_sentence for s in scores) / breaks, "%", 2),
        figure("slides without a heading", sum(s.without_heading for s in scores), "", 0),
        figure("orphans", sum(s.orphans for s in scores), "", 0),
        figure("tables that go on without their head", sum(s.continued_tables_without_head for s in scores), "", 0),
        figure("mean fill", fill, "", 0.9),
    ]


async def _windows(pool: BrowserPool, text: str, mode: PageBreaks) -> Composition:
    async with pool.lease(**_SIZE) as lease:  # type: ignore[arg-type]
        await lease.load(document_of(text))
        layout = await lease.layout()
        height = lease.viewport_height_css_px
        plan = plan_slices(layout.boxes, layout.height_css_px, height, 0 if mode == "scroll" else 15, mode, 500)
        score = (await lease.texts(plan)).composition
    assert score is not None
    return score


async def _cost(pool: BrowserPool) -> Figure:
    """From a page that shows the document to the deck: measuring, planning, dealing out."""
    html = document_of(lesson(99, _CHARACTERS))
    loading, all_of_it = [], []
    for _ in range(_ROUNDS):
        async with pool.lease(**_SIZE) as lease:  # type: ignore[arg-type]
            begun_at = time.perf_counter()
            await lease.load(html, opened=False)
            loading.append(time.perf_counter() - begun_at)
        async with pool.lease(**_SIZE) as lease:  # type: ignore[arg-type]
            begun_at = time.perf_counter()
            deck = await compose_deck(lease, html, deck_css(), _SCREEN)
            all_of_it.append(time.perf_counter() - begun_at)
    assert deck is not None
    took = median(all_of_it) - median(loading)
    note = f"{len(deck.slides)} slides, medians of {_ROUNDS}; besides {median(loading):.2f} s to load the page"
    return Figure(f"composing {_CHARACTERS} characters", took, "s", target=0.5, note=note)


def corpora() -> Mapping[str, Mapping[str, str]]:
    declaration = {code: (_ROOT / "tests" / "data" / "udhr" / f"{code}.md").read_text() for code in _LANGUAGES.split()}
    return {
        "Declaration": declaration,
        "lessons": {str(number): lesson(number, 12_000) for number in range(10)},
        "articles": {str(number): _article(number) for number in range(5)},
    }


def _sentence(chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS.split(), k=chance.randint(6, 22))).capitalize() + "."


def _paragraph(chance: random.Random) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randint(1, 7)))


def lesson(seed: int, characters: int) -> str:
    """Headings of two levels, paragraphs, lists, tables, code, quotations."""
    chance = random.Random(seed)
    parts = [f"# Lesson {seed}", _sentence(chance)]
    while sum(map(len, parts)) < characters:
        level = chance.choice(["##", "##", "###"])
        parts.append(f"{level} {' '.join(chance.choices(_WORDS.split(), k=3)).capitalize()}")
        for _ in range(chance.randint(1, 5)):
            part = _part(chance)
            if not (part.startswith("| ") and parts[-1].startswith("| ")):  # score_of takes two for one
                parts.append(part)
    return "\n\n".join(parts)


def _part(chance: random.Random) -> str:
    kind = chance.choice(["text", "text", "text", "list", "numbers", "table", "code", "quote"])
    count = chance.randint(2, 14)
    if kind == "list":
        return _sentence(chance) + "\n\nThey are:\n\n" + "\n".join(f"- {_sentence(chance)}" for _ in range(count))
    if kind == "numbers":
        return "\n".join(f"{number}. {_sentence(chance)}" for number in range(1, count + 1))
    if kind == "table":
        rows = "\n".join(
            f"| {chance.choice(_WORDS.split())} | {_sentence(chance)} | {number} |" for number in range(count)
        )
        return f"| Name | What | No. |\n|---|---|---|\n{rows}"
    if kind == "code":
        return "```python\n" + "\n\n".join(f"def f{n}(x):\n    return x + {n}" for n in range(count // 2 + 1)) + "\n```"
    return f"> {_sentence(chance)}" if kind == "quote" else _paragraph(chance)


def _article(seed: int) -> str:
    """Long paragraphs under few headings."""
    chance = random.Random(1_000 + seed)
    parts = [f"# Article {seed}"]
    for _ in range(6):
        parts.append(f"## {' '.join(chance.choices(_WORDS.split(), k=4)).capitalize()}")
        parts += [" ".join(_paragraph(chance) for _ in range(2)) for _ in range(chance.randint(3, 6))]
    return "\n\n".join(parts)
