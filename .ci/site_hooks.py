"""What the site has that docs/ has not: the table of errors, of the classes themselves; and no link out of docs/."""

from __future__ import annotations

import re
from typing import Any

from pressrun.api.wire.problems import STATUS, errors_by_code
from pressrun.errors import PressrunError, RunFailure

_ERRORS = "<!-- the table of errors -->"
_OUT = re.compile(r"\[([^\]]+)\]\((?:\.\./)+(?:README|CHANGELOG|benchmarks|examples|\.ci|backend|frontend)[^)]*\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by mkdocs for each page."""
    if page.file.src_uri.count("/") == 0:
        markdown = _OUT.sub(r"\1", markdown)
    elif page.file.src_uri.startswith("decisions/"):
        markdown = re.sub(r"\[([^\]]+)\]\(\.\./\.\./[^)]*\)", r"\1", markdown)
    return markdown.replace(_ERRORS, error_table())


def error_table() -> str:
    """A row for each code, by status; what it means and what helps are the words of its class."""
    rows = [
        f"| `{code}` | {STATUS[code]} | {_ends_a_run(error)} | {_meaning(error)} | {error.remedy} |"
        for code, error in _errors()
    ]
    return "\n".join(["| Code | HTTP status | Ends a run | Means | What to do |", "|---|---|---|---|---|", *rows])


def _errors() -> list[tuple[str, type[PressrunError]]]:
    # classes that live where they carry something
    import pressrun.request_errors  # noqa: PLC0415
    import pressrun.runs.rejection  # noqa: F401, PLC0415

    return sorted(errors_by_code().items(), key=lambda pair: (STATUS[pair[0]], pair[0]))


def _ends_a_run(error: type[PressrunError]) -> str:
    return "yes" if issubclass(error, RunFailure) else ""


def _meaning(error: type[PressrunError]) -> str:
    return " ".join((error.__doc__ or "").split()).replace("|", "\\|")
