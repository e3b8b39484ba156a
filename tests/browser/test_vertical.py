"""Slides written from above to below, in columns from right to left, as Japanese is (`writing_mode: vertical`)."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from pptx import Presentation

from pressrun.browser.composing import compose_deck
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import Screen
from pressrun.sources.document import wrap_fragment
from pressrun.sources.look import Look
from pressrun.sources.markdown import render_markdown
from pressrun.themes.catalog import deck_css
from tests.browser.test_pdf_slides import run
from tests.support.decks import Composed, compose_document
from tests.support.pptx_deck import present
from tests.support.pptx_rules import check_presentation

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

SMALL = Screen(640, 360, 0.7)
DECLARATION = (Path(__file__).parents[1] / "data" / "udhr" / "jpn.md").read_text(encoding="utf-8")
LESSON = """---
lang: ja
writing_mode: vertical
footer: 国語
paginate: true
---

# 吾輩は猫である

夏目漱石

---

## 練習

- 12月3日に何がありましたか。
- 猫の名前は English で何ですか。

| 言葉 | 意味 |
|---|---|
| 書生 | 学生 |

---

## 絵

```python
def cat(): return "nya"
```
"""


def document_of(text: str, theme: str = "paper") -> str:
    made = render_markdown(text)
    look, told = Look(theme).with_front_matter(made["look"])
    assert told == []
    told = {name: made[name] for name in ("title", "lang", "dir", "upright")}
    return wrap_fragment(made["html"], look=look, **told)


async def composed(pool: BrowserPool, text: str, screen: Screen = SMALL, theme: str = "paper") -> Composed:
    return await compose_document(pool, document_of(text, theme), text, screen=screen)


@pytest.mark.parametrize(
    ("size", "theme"), [((640, 360), "paper"), ((640, 480), "swiss"), ((480, 480), "meadow"), ((360, 640), "gazette")]
)
async def test_a_long_text_is_dealt_out_in_columns_from_right_to_left(
    pool: BrowserPool, size: tuple[int, int], theme: str
) -> None:
    text = f"---\nlang: ja\nwriting_mode: vertical\n---\n\n{DECLARATION[:2500]}"
    made = await composed(pool, text, Screen(*size, 0.7), theme)
    assert made.coverage.is_whole, made.coverage.summary
    assert made.texts.not_shown == []
    assert not any(slide.overfull for slide in made.deck.slides)
    assert len(made.deck.slides) < 40
    for slide in made.texts.slides:
        assert slide.blocks[0].kind == "heading"
        for block in slide.blocks:
            assert block.box.left >= 0, block
            assert block.box.left + block.box.width <= made.texts.width + 1, block
            assert 0 <= block.box.top < block.box.top + block.box.height <= made.texts.height + 1, block
        for block, following in pairwise(slide.blocks):
            assert following.box.left + following.box.width <= block.box.left + 1, "it stands to the left of that"


async def test_a_horizontal_word_of_the_front_matter_and_none_leave_lines_level(pool: BrowserPool) -> None:
    for said in ("writing_mode: horizontal\n", ""):
        made = await composed(pool, f"---\nlang: ja\n{said}---\n\n# 川\n\n川は流れる。")
        assert 'data-writing="vertical"' not in made.deck.html.partition("<head>")[0]
        heading, text = made.texts.slides[0].blocks
        assert text.box.top >= heading.box.top + heading.box.height - 1


async def test_numbers_stand_upright_code_lies_level_and_the_foot_stays_at_the_foot(pool: BrowserPool) -> None:
    made = await composed(pool, LESSON)
    assert made.coverage.is_whole, made.coverage.summary
    assert '<span class="upright">12</span>' in made.deck.html
    code = next(block for block in made.texts.slides[2].blocks if block.kind == "code")
    assert code.box.width > 3 * code.box.height
    foot = made.texts.slides[1].blocks[-1]
    assert foot.box.top > 0.85 * made.texts.height


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not here")
async def test_its_pdf_has_the_same_words_and_its_presentation_says_that_it_is_made_of_pictures(
    pool: BrowserPool, tmp_path: Path
) -> None:
    html = document_of(LESSON)
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=0.7) as lease:
        deck = await compose_deck(lease, html, deck_css(), SMALL)
    assert deck is not None
    slices = (await composed(pool, LESSON)).plan.slices
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=0.7) as lease:
        await lease.load(deck.html, opened=False)
        await lease.layout()
        pdf = await lease.pdf_of_slides(slices, "compose", datetime(2026, 11, 30, tzinfo=UTC))
    (tmp_path / "deck.pdf").write_bytes(pdf)
    pages = run("pdftotext", "-raw", str(tmp_path / "deck.pdf"), "-").split("\f")[:-1]
    assert len(pages) == len(deck.slides) == 3
    for page, words in zip(
        pages, ("吾輩は猫である夏目漱石", "練習月日に何がありましたか。English言葉意味書生学生", "絵cat"), strict=True
    ):
        assert not Counter(words) - Counter(page)
    shown = await present(pool, deck.html, tmp_path, "editable", size=(640, 360), zoom=0.7, slices=slices)
    assert shown.warnings == ["not_editable"]
    check_presentation(shown.files[".pptx"])
    slides = list(Presentation(str(shown.files[".pptx"])).slides)
    pictures = [next(shape for shape in slide.shapes if shape.shape_type == 13) for slide in slides]
    assert "猫の名前" in pictures[1]._element.nvPicPr.cNvPr.get("descr")
