"""Reads a server's log for what must not stand in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# A run that a strike has ended tells its operator why, with the traceback of a known failure.
_MAY_TRACE = {"stage failed"}
_NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{20,}|local \d")
_BAD = {"error", "critical"}


def read_log(path: Path) -> tuple[list[str], Counter[str]]:
    """What must not be there, and how often each warning is."""
    problems: list[str] = []
    warnings: Counter[str] = Counter()
    for entry in _entries(path):
        level, event = entry.get("level"), str(entry.get("event"))
        if level is None:
            problems.append(f"the log holds a line that is none: {event[:300]}")
        elif level in _BAD or (entry.get("exception") and event not in _MAY_TRACE):
            problems.append(f"the log says {level}: {event[:200]}: {str(entry.get('exception', ''))[-400:]}")
        elif level == "warning":
            warnings[_NAMES.sub("…", str(entry.get("code") or event))[:60]] += 1
    return problems, warnings


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        yield entry if isinstance(entry, dict) else {"event": line}
