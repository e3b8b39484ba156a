"""Footers, numbers, running headings, backgrounds and brands, as they stand on composed slides."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pressrun.browser.composing import compose_deck
from pressrun.browser.pool.pool import BrowserPool
from pressrun.sources.document import wrap_fragment
from pressrun.sources.look import Look
from pressrun.sources.markdown import render_markdown
from pressrun.themes.catalog import deck_css
from tests.support.decks import SCREEN, compose_document, document_of

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

LONG = "# Rivers\n\nA river.\n\n---\n\n## Work\n\n" + "\n\n".join(
    f"Sentence {n} of many that are long. " * 8 for n in range(9)
)


async def deck_of(pool: BrowserPool, text: str, look: Look) -> str:
    made = render_markdown(text)
    told = {name: made[name] for name in ("title", "lang", "dir", "upright")}
    html = wrap_fragment(made["html"], look=look, **told)
    async with pool.lease(viewport_width=SCREEN.width, viewport_height=SCREEN.height, zoom=SCREEN.zoom) as lease:
        deck = await compose_deck(lease, html, deck_css(), SCREEN)
    assert deck is not None
    return deck.html.partition("</head>")[2]  # a style sheet may speak of slides


def texts(html: str, name: str) -> list[str]:
    return re.findall(rf'<span class="{name}"[^>]*>([^<]*)<', html)


async def test_each_slide_has_its_footer_and_number_and_they_are_nobodys_words(pool: BrowserPool) -> None:
    html = await deck_of(pool, LONG, Look(footer="Class <7b>", page_numbers=True, logo="data:image/png;base64,AAAA"))
    count = html.count('<section class="slide"')
    assert count > 2
    assert texts(html, "words") == ["Class &lt;7b&gt;"] * count
    assert texts(html, "number") == [str(n + 1) for n in range(count)]
    assert html.count('class="logo"') == count
    assert html.count('class="slide-footer" data-pressrun-added') == count


async def test_nothing_stands_at_the_foot_where_nobody_asks(pool: BrowserPool) -> None:
    assert 'slide-footer"' not in await deck_of(pool, LONG, Look())


async def test_a_running_heading_has_its_part_or_has_not_or_is_none(pool: BrowserPool) -> None:
    numbered = await deck_of(pool, LONG, Look())
    assert "2/" in "".join(texts(numbered, "part"))
    plain = await deck_of(pool, LONG, Look(running_heading="plain"))
    assert 'class="heading running"' in plain
    assert texts(plain, "part") == []
    assert 'class="heading running"' not in await deck_of(pool, LONG, Look(running_heading="none"))


async def test_a_slide_has_the_colour_and_the_classes_that_its_author_says_and_its_text_can_be_read(
    pool: BrowserPool,
) -> None:
    text = (
        "---\nmarp: true\n---\n\n# A\n\n---\n\n<!-- _backgroundColor: navy -->\n"
        "<!-- _class: lead slide -->\n\n## B\n\nb\n\n"
        "---\n\n<!-- _backgroundColor: '#ffeeaa' -->\n\n## C\n\nc\n"
    )
    html = await deck_of(pool, text, Look("plum"))
    sections = re.findall(r'<section class="([^"]*)"[^>]*?(?: style="([^"]*)")?>', html)
    assert "lead" in sections[1][0].split()
    assert sections[1][0].split().count("slide") == 1
    assert "--page: navy" in sections[1][1]
    assert "--ink: #ffffff" in sections[1][1]
    assert "--ink: #000000" in sections[2][1]


QUOTED = "Er sagte <q>Guten <q>Tag</q></q>, und sie <q lang=es>Salut <q>Salut</q></q>."


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not here")
@pytest.mark.parametrize(
    ("lang", "marks"),
    [("de", "„‚‘“„‘’“"), ("en", "“‘’”“‘’”"), ("fr", "««»»«‘’»"), ("ja", "「『』」「‘’」"), ("ru", "«„“»«‘’»")],
)
async def test_quotation_marks_are_those_of_the_language_around_them(
    pool: BrowserPool, tmp_path: Path, lang: str, marks: str
) -> None:
    text = f"---\nlang: {lang}\n---\n\n{QUOTED}\n"
    made = await compose_document(pool, document_of(text), text)
    async with pool.lease(viewport_width=SCREEN.width, viewport_height=SCREEN.height, zoom=SCREEN.zoom) as lease:
        await lease.load(made.deck.html, opened=False)
        await lease.layout()
        pdf = await lease.pdf_of_slides(made.plan.slices, "compose", datetime(2026, 11, 30, tzinfo=UTC))
    (tmp_path / "quoted.pdf").write_bytes(pdf)
    command = ["pdftotext", "-raw", str(tmp_path / "quoted.pdf"), "-"]
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "".join(re.findall("[„“”‚‘’«»‹›「」『』]", words)) == marks
    assert made.coverage.is_whole, made.coverage.summary
