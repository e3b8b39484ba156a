"""`import_later`: a library that some of the work needs, and no start of the server (tests/unit/test_start_imports.py).

Used as
    if TYPE_CHECKING:
        import httpx
    else:
        httpx = import_later("httpx")  # what it costs, who needs it
so that types, linters and the import contracts see a plain import. Only for what is heavy; a comment says how heavy.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


def import_later(name: str) -> Any:
    """Stands for the module, which is imported when one of its attributes is first asked for, in whichever thread."""
    return _Later(name)


class _Later(ModuleType):
    """Keeps no attribute: whoever replaces one of the module's finds it replaced here."""

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self.__name__), attribute)
