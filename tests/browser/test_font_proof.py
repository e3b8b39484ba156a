"""The lines of text by which people see how this machine's fonts draw each script."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.setup.font_proof import SCRIPTS, Script, draw_proof

pytestmark = pytest.mark.chromium


def ink_of(picture: bytes) -> int:
    """How many pixels of it are not the ground's."""
    with Image.open(io.BytesIO(picture), formats=["WEBP"]) as image:
        assert image.size == (960, 66)
        return sum(image.convert("L").histogram()[:200])


async def test_each_script_is_a_picture_of_its_own_line_with_the_family_that_draws_it(pool: BrowserPool) -> None:
    proofs = await draw_proof(pool)
    assert [proof.script for proof in proofs] == list(SCRIPTS)
    by_name = {proof.script.name: proof for proof in proofs}
    for name, proof in by_name.items():
        assert proof.missing == "", name
        assert ink_of(proof.picture) > 500, name
    assert by_name["Devanagari"].font == "Noto Sans Devanagari"
    assert by_name["Japanese"].font == "Noto Sans CJK JP"
    assert len({proof.picture for proof in proofs}) == len(SCRIPTS)


async def test_what_no_font_has_is_named_in_its_line_alone(pool: BrowserPool) -> None:
    boxes = Script("Nobody's", "en", "a \U0010fffb and \U0010fffb b")
    drawn, missing = await draw_proof(pool, (SCRIPTS[0], boxes))
    assert (drawn.missing, missing.missing) == ("", "\U0010fffb")
