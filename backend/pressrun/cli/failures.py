"""What went wrong -> one line and an exit code."""

from __future__ import annotations

import traceback

from cyclopts import CycloptsError
from cyclopts.exceptions import UnusedCliTokensError
from pydantic import ValidationError

from pressrun.cli.exits import Exit, Left, NotMade, UsageError
from pressrun.cli.output import complain, say_json
from pressrun.cli.words import unused
from pressrun.client.errors import ClientError, InvalidUse, LanePausedError, RunRejectedError, ServerProblem
from pressrun.errors import PressrunError

_OURS_TO_MEND = {400, 413, 415, 422}  # the server says that what was given cannot be used: as good as a usage error
_UNAUTHORIZED = 401


def report(exc: BaseException, *, json: bool = False) -> int:
    """Says it on stderr, or with `json` as one object on stdout; the exit code."""
    if isinstance(exc, BrokenPipeError):
        return Exit.CLOSED
    if isinstance(exc, KeyboardInterrupt):
        complain("Interrupted.")
        return Exit.CANCELLED
    if _wants_traceback():
        traceback.print_exception(exc)
    if json:
        problem = {"problem": exc.problem} if isinstance(exc, ServerProblem) else {}
        say_json({"type": "failed", "message": " ".join(lines_of(exc)), "exit_code": exit_code(exc), **problem})
        return exit_code(exc)
    for line in lines_of(exc):
        complain(line)
    return exit_code(exc)


def exit_code(exc: BaseException) -> int:
    """What the shell is told of it."""
    if isinstance(exc, NotMade):
        return exc.code
    if isinstance(exc, Left):
        return Exit.CANCELLED
    if isinstance(exc, RunRejectedError):
        return Exit.REJECTED
    if isinstance(exc, ServerProblem) and exc.status in _OURS_TO_MEND:
        return Exit.USAGE
    return Exit.USAGE if isinstance(exc, CycloptsError | UsageError | InvalidUse | ValidationError) else Exit.ERROR


def lines_of(exc: BaseException) -> list[str]:
    """What went wrong, in words."""
    if isinstance(exc, CycloptsError):
        return [_usage_line(exc)]
    if isinstance(exc, ValidationError):
        from pressrun.settings import variable_of

        return [f"{variable_of(error['loc'])}: {error['msg']}" for error in exc.errors()]
    if isinstance(exc, ServerProblem):
        return _problem_lines(exc)
    if isinstance(exc, ClientError | PressrunError | UsageError | Left | NotMade):
        return [str(exc)]
    if isinstance(exc, OSError):
        return [f"{exc.filename}: {exc.strerror}" if exc.filename else str(exc)]
    return [f"Unexpected {type(exc).__name__}: {exc}. Set PRESSRUN_LOG_LEVEL=DEBUG to see where."]


def _usage_line(exc: CycloptsError) -> str:
    if isinstance(exc, UnusedCliTokensError):
        return unused(exc)
    return f"{exc} See `{' '.join(('pressrun', *(exc.command_chain or ())))} --help`."


def _problem_lines(exc: ServerProblem) -> list[str]:
    if isinstance(exc, RunRejectedError):
        return _rejected(exc)
    if exc.errors:
        return [_field_line(error) for error in exc.errors]
    if exc.status == _UNAUTHORIZED:
        return [f"{exc.detail} Put it into PRESSRUN_TOKEN, or name it with --token-env or --token-file."]
    return [exc.detail]


def _field_line(error: dict[str, str]) -> str:
    valid = error.get("valid")
    option = error.get("field", "").replace("_", "-")
    return f"{option}: {error.get('problem', 'is wrong')}" + (f" (valid: {valid})" if valid else "")


def _rejected(exc: RunRejectedError) -> list[str]:
    lines = [f"Rejected: {exc.detail}"]
    if isinstance(exc, LanePausedError):
        here = f"pressrun lanes resume {exc.lane or 'NAME'}"
        return [*lines, f"Here: `{here}`, or the same command with --on-busy queue"]
    if name := exc.active_operation_id:
        lines.append(f"To watch it: pressrun runs follow {name} (To cancel it: pressrun cancel {name})")
    if exc.reason == "duplicate":
        lines.append("To have its result: the same command with --on-duplicate join; to make it again: with run")
    else:
        lines.append("To wait for it: the same command with --on-busy queue; what else there is: --explain")
    return lines


def _wants_traceback() -> bool:
    from pressrun.settings import ClientSettings

    try:
        return ClientSettings().log_level.upper() == "DEBUG"
    except ValidationError:
        return False
