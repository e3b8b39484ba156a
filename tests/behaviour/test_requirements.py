"""The list of promises and the tests name each other completely."""

from __future__ import annotations

import re
from pathlib import Path

from tests.behaviour.requirements import PROMISES

_MARK = re.compile(r'@pytest\.mark\.promise\("([a-z-]+)"\)')


def test_every_promise_has_a_test_and_every_mark_a_promise() -> None:
    tests = Path(__file__).parent.parent
    marked = {name for path in tests.rglob("test_*.py") for name in _MARK.findall(path.read_text())}
    assert marked == set(PROMISES)
