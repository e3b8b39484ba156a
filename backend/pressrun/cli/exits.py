"""Exit codes, and the error of a command that was given something it cannot use."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the shell is told."""

    COMPLETE = 0
    ERROR = 1
    USAGE = 2
    REJECTED = 3
    CANCELLED = 130  # 128 + SIGINT, as shells have it
    CLOSED = 141  # 128 + SIGPIPE


class UsageError(Exception):
    """What was given on the command line, or by a name there, cannot be used; the message says why."""


class Left(Exception):
    """The person left a run that goes on, or one that never began; the message says which."""


class NotMade(Exception):
    """A run ended without what was asked for; the message says why."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)
