"""Eight decks stand as somebody found them good (tests/data/golden); `make golden` makes them anew."""

from __future__ import annotations

import copy
import os

import pytest

from pressrun.browser.pool.pool import BrowserPool
from tests.support import golden

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]


@pytest.mark.parametrize("name", golden.DECKS)
async def test_a_deck_looks_as_it_was_found_good(pool: BrowserPool, name: str) -> None:
    kept = golden.read(name)
    if missing := golden.missing_families():
        reason = f"NOT TESTED: these fonts are not here: {', '.join(missing)}; run: sudo .ci/system-packages"
        (pytest.fail if os.environ.get("PRESSRUN_TEST_FONTS") == "required" else pytest.skip)(reason)
    if kept["fonts"] != golden.fonts():
        pytest.skip("made with fonts of other versions, which break lines elsewhere; `make golden` and look at them")
    made = await golden.composed(pool, golden.DECKS[name])
    assert golden.differences(kept["slides"], golden.told(made)) == []


def test_what_a_person_would_see_is_a_difference() -> None:
    kept = golden.read("marp")["slides"]
    assert golden.differences(kept, copy.deepcopy(kept)) == []
    moved, renamed, retold = copy.deepcopy(kept), copy.deepcopy(kept), copy.deepcopy(kept)
    moved[1]["things"][0][3] += 20
    renamed[2]["layout"] = "quote"
    retold[0]["things"][0][1] = "Another title"
    for changed in (moved, renamed, retold, kept[:-1]):
        assert len(golden.differences(kept, changed)) == 1
