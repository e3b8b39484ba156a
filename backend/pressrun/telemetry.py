"""Logging: one pipeline for our own lines and for every library's, and the mask for secrets.

Owns how a line of the log looks, that no known secret is in it and, on a console, no control character. Owns neither
what is worth a line nor where secrets come from (`Settings.secrets`).

Invariant: every line leaves through one handler whose last act is `SecretMask.mask` on the finished text, so that
message, fields and tracebacks are covered alike, whichever library wrote them.
"""

from __future__ import annotations

import html
import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from typing import TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASKED = "[secret]"
# How the note begins that api.problems puts on an exception it has logged, so that the server's copy can be dropped.
INCIDENT_NOTE = "incident "

# Shorter values are placeholders ("none", "ollama"), and masking those would blot out ordinary words.
_SHORTEST_SECRET = 8

# C0 and C1 controls, line separators, and the marks that reverse the direction of what follows.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

# Chatty below WARNING: httpx logs whole URLs, uvicorn a line for each request, DBOS one for each workflow,
# pyvips a dozen for each picture (they stood in the logs of runs).
_QUIET = (
    "httpx",
    "httpcore",
    "uvicorn",
    "uvicorn.access",
    "uvicorn.error",
    "dbos",
    "alembic",
    "PIL",
    "pikepdf",
    "markdown_it",
    "pyvips",
)


class SecretMask:
    """The secret values of this process, and how to take them out of a text. Immutable, so shared freely.

    Knows each value as it is and as it looks inside JSON, HTML, a URL and a Python repr: a serialised event, manifest
    or problem can be masked as text. Values shorter than 8 characters are not masked. False when there is nothing to
    mask.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST_SECRET for form in _forms(secret)}
        # Longest first: a secret that begins with another one must be taken out whole.
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __bool__(self) -> bool:
        return self._pattern is not None

    def mask(self, text: str) -> str:
        """`text` with every known secret replaced by `[secret]`."""
        return text if self._pattern is None else self._pattern.sub(MASKED, text)


def _forms(secret: str) -> set[str]:
    spelled = {secret, quote(secret), quote(secret, safe=""), repr(secret)[1:-1], repr(secret.encode())[2:-1]}
    spelled |= {html.escape(secret), html.escape(secret, quote=False)}  # as in a document
    spelled |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    # A line of JSON, and a value on a console, spell once more what is in their strings.
    return spelled.union(*({json.dumps(form, ensure_ascii=False)[1:-1], repr(form)[1:-1]} for form in spelled))


def configure_logging(
    *, level: str = "INFO", json_lines: bool | None = None, mask: SecretMask, stream: TextIO | None = None
) -> None:
    """Send every logger of the process through one handler; may be called again, the last call holds.

    `stream` is stderr when None; `json_lines` None means JSON unless `stream` is a terminal. uvicorn must be started
    with `log_config=None`, or it puts its own handlers back.
    """
    sink = stream or sys.stderr
    as_json = not sink.isatty() if json_lines is None else json_lines
    handler = logging.StreamHandler(sink)
    handler.setFormatter(_LineFormatter(as_json, mask))
    handler.addFilter(_not_told_already)
    handler.setLevel(level.upper())  # holds for loggers with a level of their own, too: those of libraries
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logger = logging.getLogger(name)
        # DBOS and uvicorn add a console handler of their own to a logger that has none.
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    _configure_structlog()


def printable(text: str) -> str:
    r"""`text` with control characters spelled out (`\x1b`), so that it cannot forge lines or drive a terminal."""
    return _CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def _printable_lines(text: str) -> str:
    """A traceback keeps its lines, indented: an exception's message must not begin a line as if it were ours."""
    return "\n".join(f"  {printable(line)}" for line in text.split("\n"))


_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
)


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a cached logger would keep the pipeline of an earlier call
    )


_LINE_ENDS_IN_JSON = re.compile("[\x85\u2028\u2029]")


def on_one_line(json_text: str) -> str:
    """JSON without the characters that some readers of lines (`str.splitlines`, httpx's `iter_lines`) end a line at.

    In JSON they stand in strings only, where their escapes mean the same; the other such characters JSON never holds.
    """
    if json_text.isascii():
        return json_text
    return _LINE_ENDS_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", json_text)


class _LineFormatter(structlog.stdlib.ProcessorFormatter):
    """The last sink: renders a record to its line and masks the line."""

    def __init__(self, as_json: bool, mask: SecretMask) -> None:
        renderer: list[Processor] = (
            [structlog.processors.JSONRenderer(ensure_ascii=False, default=repr)]
            if as_json
            else [_make_printable, structlog.dev.ConsoleRenderer(timestamp_key="at")]
        )
        super().__init__(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
            foreign_pre_chain=_SHARED,
        )
        self._mask = mask
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        # A lone surrogate cannot be written to a UTF-8 stream; \udXXX can, and is how JSON spells it.
        line = super().format(record).encode("utf-8", "backslashreplace").decode("utf-8")
        return self._mask.mask(on_one_line(line) if self._as_json else line)


class RunLineFormatter(structlog.stdlib.ProcessorFormatter):
    """A line of one run's own log: JSON, masked, without tracebacks."""

    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_operator_fields,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=repr),
            ],
            foreign_pre_chain=_SHARED,
        )
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record).encode("utf-8", "backslashreplace").decode("utf-8")
        return self._mask(on_one_line(line))


def _without_operator_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    shown = ("at", "level", "event", *event)  # in this order
    hidden = ("exception", "exc_info", "stack", "logger", "operation_id")
    return {name: event[name] for name in shown if name in event and name not in hidden}


def _make_printable(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    clean = {
        printable(key): printable(value if isinstance(value, str) else repr(value)) for key, value in event.items()
    }
    return clean | {key: _printable_lines(event[key]) for key in ("exception", "stack") if key in event}


def _not_told_already(record: logging.LogRecord) -> bool:
    """False for a server's own report of an exception that is in the log already, under its incident id."""
    error = record.exc_info[1] if record.exc_info else None
    told = any(note.startswith(INCIDENT_NOTE) for note in getattr(error, "__notes__", ()))
    return not (told and record.name.startswith("uvicorn"))
