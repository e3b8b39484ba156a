"""The server of one command: a process of its own (`server_child`), which lives as long as the command and no longer.

It imports for longer than anything else takes, so `begin_ahead` starts it before the command has read its own words:
where those name a file and no server. Until it is told which folder to serve it makes and changes nothing.

Whatever ends the command ends it: its standard input is closed then (decision 0113). Light: imported by every command.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from pressrun.source_kinds import ENDINGS

EMBEDDED = "embedded"
"""What stands for such a server where an address could."""
END = b"end"
"""The last line that it is sent; standard input that ends without is that of a command that was killed."""

_BOOT = "import sys; sys.path.append(sys.argv.pop()); from pressrun.cli.server_child import main; main()"
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
_DEFAULT_ADDRESS = ("127.0.0.1", 8000)  # that of ClientSettings, whose import is what others wait for
_END_LIMIT_S = 20.0  # arbitrary (10..60): its shutdown has limits of its own, of some seconds together


class ServerProcess:
    """Started at once; told by `order` what to serve; ended by `end`, also when it never was."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-P", "-c", _BOOT, _PACKAGE_ROOT],  # -P: no module of the folder that somebody is in
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C on the terminal is the command's to handle
        )

    def order(self, folder: Path, slots: int) -> None:
        """Says what to serve: that data folder, so many runs at a time."""
        assert self._process.stdin is not None  # noqa: S101 - PIPE
        order = {"folder": os.fspath(folder), "slots": slots}
        with contextlib.suppress(BrokenPipeError):  # it has ended, which whoever waits for its answer is told
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()

    @property
    def answers(self) -> int:
        """Descriptor of its one line of JSON, and of its end."""
        assert self._process.stdout is not None  # noqa: S101 - PIPE
        return self._process.stdout.fileno()

    def read_answer(self) -> dict[str, str] | None:
        """The line; None when it has ended without one. Does not block once `answers` is readable."""
        line = os.read(self.answers, 65_536)  # shorter than what a pipe takes at once
        answer: dict[str, str] | None = json.loads(line) if line else None
        return answer

    def end(self) -> int:
        """Lets it close in order, or ends it where it does not; its exit code. Blocks; may be called again."""
        process = self._process
        assert process.stdin is not None  # noqa: S101 - PIPE
        with contextlib.suppress(BrokenPipeError):
            if not process.stdin.closed:
                os.write(process.stdin.fileno(), END + b"\n")
        try:
            process.wait(_END_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
        return self._collect()

    def kill(self) -> int:
        """For one that serves nothing yet."""
        self._process.kill()
        return self._collect()

    def _collect(self) -> int:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        return self._process.wait()


_ahead: ContextVar[ServerProcess | None] = ContextVar("_ahead", default=None)  # nobody has taken it yet


@contextmanager
def begin_ahead(words: Sequence[str]) -> Iterator[None]:
    """Starts the server that a command line is likely to need; inside, `take_process` is quick then."""
    process = ServerProcess() if _needs_one(words) else None
    reset = _ahead.set(process)
    try:
        yield
    finally:
        _ahead.reset(reset)
        if process is not None:
            process.kill()  # nothing, where it was taken: whoever took it has ended it


def take_process() -> ServerProcess:
    """The one that was started ahead, or a new one; the caller ends it."""
    process = _ahead.get()
    _ahead.set(None)
    return process or ServerProcess()


def _needs_one(words: Sequence[str]) -> bool:
    """Whether they look like files to be made with no server; a guess, of which nothing depends but time."""
    if not words or not (_is_source(words[0]) or words[0].startswith("-")) or not any(map(_is_source, words)):
        return False
    if {"-h", "--help", "--version"} & set(words):
        return False
    named = [value for word, value in zip(words, [*words[1:], ""], strict=True) if word == "--server"]
    named += [word.removeprefix("--server=") for word in words if word.startswith("--server=")]
    server = named[-1] if named else os.environ.get("PRESSRUN_SERVER")
    return server == EMBEDDED if server else not _somebody_listens()


def _is_source(word: str) -> bool:
    return word == "-" or word.startswith(("-I", "--input-dir")) or word.lower().endswith(ENDINGS)


def _somebody_listens() -> bool:
    with socket.socket() as asking:
        asking.settimeout(0.2)  # arbitrary (0.05..1): loopback answers at once
        return asking.connect_ex(_DEFAULT_ADDRESS) == 0
