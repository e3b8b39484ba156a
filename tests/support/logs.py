"""What the product's logging writes, captured; the process's logging is put back afterwards."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from pressrun.telemetry import SecretMask, configure_logging


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class CapturedLog:
    """The text so far."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        """Each line of a JSON log."""
        return [json.loads(line) for line in self.text.splitlines()]


def bind_run(operation_id: str) -> AbstractContextManager[None]:
    """While it is open, every line carries `operation_id`, as in a run."""
    return structlog.contextvars.bound_contextvars(operation_id=operation_id)


@contextmanager
def captured_log(
    mask: SecretMask | None = None, *, terminal: bool = False, level: str = "INFO"
) -> Iterator[CapturedLog]:
    """Log as the product does, into the text that is yielded: JSON, or as on a terminal."""
    log = CapturedLog(Terminal() if terminal else io.StringIO())
    configured = structlog.get_config()
    before = {logger: _state(logger) for logger in [logging.getLogger(), *_known_loggers()]}
    configure_logging(level=level, mask=mask or SecretMask(), stream=log.stream)
    try:
        yield log
    finally:
        logging.captureWarnings(False)
        structlog.configure(**configured)
        for logger, (handlers, log_level, propagate) in before.items():
            logger.handlers[:] = handlers
            logger.setLevel(log_level)
            logger.propagate = propagate


def _known_loggers() -> list[logging.Logger]:
    return [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]


def _state(logger: logging.Logger) -> tuple[list[logging.Handler], int, bool]:
    return list(logger.handlers), logger.level, logger.propagate
