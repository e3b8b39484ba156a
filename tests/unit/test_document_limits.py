"""What is told of a document by its text alone, before any browser sees it."""

from __future__ import annotations

import time
from html import escape

import pytest

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.slides.document_limits import count_frames, refuse_too_large
from pressrun.errors import DocumentTooLarge

FRAMES = {
    "none": ("<p>iframe &lt;iframe&gt; <frames> <framed>", 0),
    "each kind": ("<iframe></iframe><FRAME src=a><object data=a></object><embed src=a><fencedframe><portal>", 6),
    "in a document within": (f'<iframe srcdoc="{escape("<iframe></iframe><p>" * 3)}"></iframe>', 4),
    "not escaped": ("<iframe srcdoc='<iframe>'></iframe>", 2),
    "without quotes": ("<iframe srcdoc=&lt;iframe&gt;></iframe>", 2),
    "two deep": (f'<iframe srcdoc="{escape(f"""<iframe srcdoc="{escape("<embed >")}">""")}">', 3),
    "written about, in a document within": (f'<iframe srcdoc="{escape("<p>&lt;iframe&gt;")}">', 1),
}


@pytest.mark.parametrize("kind", sorted(FRAMES))
def test_frames_are_counted_by_the_text_alone(kind: str) -> None:
    html, count = FRAMES[kind]
    assert count_frames(html) == count


@pytest.mark.anyio
async def test_a_document_of_too_many_frames_is_refused_by_name_of_the_setting() -> None:
    await refuse_too_large("<iframe></iframe>" * 100, BrowserPoolConfig())
    with pytest.raises(DocumentTooLarge, match="PRESSRUN_PAGE_MAX_FRAMES"):
        await refuse_too_large("<iframe></iframe>" * 101, BrowserPoolConfig())


LONG = {
    "attributes": "srcdoc=" * 700_000,
    "quotes": '<iframe srcdoc="' * 300_000,
    "entities": "<iframe srcdoc='" + "&lt;" * 1_000_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(LONG))
def test_counting_frames_takes_no_time_worth_waiting_for(kind: str) -> None:
    begun_at = time.monotonic()
    count_frames(LONG[kind])
    assert time.monotonic() - begun_at < 30, "0.5 s on a quiet machine; what is quadratic takes hours"
