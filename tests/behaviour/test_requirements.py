"""The list of promises and the tests name each other completely."""

from __future__ import annotations

import re
from pathlib import Path

from tests.behaviour.requirements import PROMISES

_MARK = re.compile(r'pytest\.mark\.promise\("([a-z-]+)"\)')


def test_every_promise_has_a_test_and_every_mark_a_promise() -> None:
    tests = Path(__file__).parent.parent
    marked = {name for path in tests.rglob("test_*.py") for name in _MARK.findall(path.read_text())}
    assert marked == set(PROMISES)


def test_every_module_of_behaviour_says_which_promise_it_keeps() -> None:
    modules = set(Path(__file__).parent.glob("test_*.py")) - {Path(__file__)}
    assert sorted(path.name for path in modules if not _MARK.search(path.read_text())) == []
    assert len(modules) > 20
