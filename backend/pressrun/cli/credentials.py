"""Where a token named on the command line comes from; never the command line itself, which others can read."""

from __future__ import annotations

from pathlib import Path

from pressrun.cli.exits import UsageError
from pressrun.settings import read_variable

_MOST_CHARACTERS = 4096  # a token has about 50


def read_token(variable: str | None, file: str | None) -> str | None:
    """The token that was named, or None if none was. Raises: UsageError."""
    if variable is not None and file is not None:
        raise UsageError("give --token-env or --token-file, not both.")
    if variable is not None:
        return _checked(read_variable(variable), f"the environment variable {variable}")
    return None if file is None else _checked(_read(file), file)


def _read(file: str) -> str:
    try:
        with Path(file).open(encoding="utf-8") as stream:
            return stream.read(_MOST_CHARACTERS)
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"cannot read the token in {file}: {getattr(exc, 'strerror', None) or 'not text'}") from exc


def _checked(value: str | None, where: str) -> str:
    token = (value or "").strip()
    if not token:
        raise UsageError(f"{where} holds no token.")
    return token
