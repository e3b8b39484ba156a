"""Regular expressions mean the same in every Python that the package says it runs on."""

from __future__ import annotations

import importlib
import pkgutil
import re
import re._constants as ops  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from typing import Any

import pressrun

ONE_CHARACTER = {ops.ANY, ops.IN, ops.LITERAL, ops.NOT_LITERAL}


def _patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for module in pkgutil.walk_packages(pressrun.__path__, "pressrun."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", value


def _parts(parsed: Any) -> Iterator[tuple[Any, Any]]:
    """Each operation of a pattern, and those inside it."""
    if isinstance(parsed, parser.SubPattern):
        for operation, argument in parsed:
            yield operation, argument
            yield from _parts(argument)
    elif isinstance(parsed, (tuple, list)):
        for part in parsed:
            yield from _parts(part)


def _trusts_a_group(pattern: re.Pattern[Any]) -> bool:
    for operation, argument in _parts(parser.parse(pattern.pattern, pattern.flags)):
        if operation is ops.ATOMIC_GROUP:
            return True
        if operation is ops.POSSESSIVE_REPEAT and [part[0] for part in argument[2]] not in [
            [op] for op in ONE_CHARACTER
        ]:
            return True
    return False


def test_nothing_but_characters_is_repeated_possessively() -> None:
    """A group in `(…)*+` or `(?>…)` is matched wrongly up to Python 3.11.4 (gh-106052), which Debian 12 has."""
    assert _trusts_a_group(re.compile(r"(?:ab|c)*+d"))
    assert not _trusts_a_group(re.compile(r"(?:[^ab]++|b)*c"))
    assert [name for name, pattern in _patterns() if _trusts_a_group(pattern)] == []
