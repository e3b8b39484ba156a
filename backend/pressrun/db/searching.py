"""What of a run can be searched: one column of small letters, kept up to date with what it is made from."""

from __future__ import annotations

from collections.abc import Iterable

from pressrun.db.tables import SEARCHABLE_CHARACTERS


def searchable(*words: str | None, names: Iterable[str] = ()) -> str | None:
    """Title, error and names of artifacts, for `runs.searchable`; None if there is nothing."""
    text = "\n".join(word for word in (*words, *names) if word)
    return text.casefold()[:SEARCHABLE_CHARACTERS] or None
