"""The command line, `pressrun`. Owns words, exit codes and what is printed; everything else is one call away.

Exit codes: 0 complete, 1 error, 2 usage, 3 rejected (another run is in the way), 130 cancelled or interrupted,
141 the reader of the output went away.

Nothing heavy is imported before a command needs it: `pressrun --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code. Prints one line on stderr for what went wrong, with --json on stdout."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_standard_streams()
    try:
        return _run(words)
    except KeyboardInterrupt:  # before there is anything that could tell of it: while modules are imported
        sys.stderr.write("pressrun: Interrupted.\n")
        return 130


def _open_standard_streams() -> None:
    """Opens those that whoever started this has closed, on nothing: else the next file, a database, would get the
    number, and what is written to standard error would be written into it. `sys.__stdout__` stays None.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # by number: the lowest that is free is given
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def _run(words: list[str]) -> int:
    from pressrun.cli.imports import importing

    with importing():
        from pressrun.cli.commands import app
        from pressrun.cli.exits import Exit
        from pressrun.cli.output import close_stdout

    try:
        code = app(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except SystemExit as exc:
        if not isinstance(exc.__context__, BrokenPipeError):  # so rich ends a program whose reader has gone, with a 1
            raise
        return Exit.CLOSED
    except (Exception, KeyboardInterrupt) as exc:  # noqa: BLE001 - the wall towards the person: no tracebacks
        from pressrun.cli.failures import report

        code = report(exc, json="--json" in words)
    close_stdout()
    return code if isinstance(code, int) else 0
