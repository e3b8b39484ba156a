"""A word that is neither a command nor a file: what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from cyclopts import App
from cyclopts.exceptions import UnusedCliTokensError

from pressrun.cli.exits import UsageError


def require_files(files: Sequence[str], app: App) -> None:
    """Raises: UsageError for a word that looks like an option and is no file, and for a first one that looks like a
    command.
    """
    for word in files:
        if word.startswith("-") and word != "-" and not Path(word).is_file():
            options = [name for argument in app.assemble_argument_collection() for name in argument.names]
            if word in options:
                raise UsageError(f"{word} stands behind --, where all words are files: put it before that.")
            raise UsageError(f"Unknown option: {word}.{meant(word, options)} See `pressrun --help`.")
    word = files[0] if files else "-"
    if word == "-" or Path(word).exists() or Path(word).suffix or "/" in word:
        return
    commands = [name for name in app if not name.startswith("-")]
    raise UsageError(f"There is no command and no file {word!r}.{meant(word, commands)} See `pressrun --help`.")


def unused(exc: UnusedCliTokensError) -> str:
    """What to say of a word that no command takes."""
    word = (exc.unused_tokens or [""])[0]
    chain = exc.command_chain or ()
    said = " ".join(("pressrun", *chain))
    commands = [name for name in exc.app or () if not name.startswith("-")]
    if not commands:
        return f"{word!r} is one word too many. See `{said} --help`."
    return f"There is no {word!r} in `{said}`.{meant(word, commands)} See `{said} --help`."


def meant(word: str, known: Iterable[str]) -> str:
    """` Did you mean …?`, or nothing."""
    close = get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""
