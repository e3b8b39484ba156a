"""What a real shell makes of Tab: its own command line, on a terminal, with the script that we print."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest

from tests.support.limits import HANG_S
from tests.support.server import PRESSRUN

pytestmark = pytest.mark.slow

# How each is started without what its user has set, and how it says which words it was left with.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ["pressrun() { printf '%s\\n' \"$@\" > said; }"]),
    "zsh": (
        ["zsh", "-f", "-i"],
        ["autoload -Uz compinit; compinit -u -D", "pressrun() { printf '%s\\n' \"$@\" > said; }"],
    ),
    "fish": (["fish", "--no-config", "-i"], ["function pressrun; printf '%s\\n' $argv > said; end"]),
}
LINES = {
    "pressrun les\t": ["lesson.md"],
    "pressrun my\t": ["my deck.md"],
    "pressrun runs sh\t": ["runs", "show"],
    "pressrun lesson.md --output-n\tx": ["lesson.md", "--output-name", "x"],
    "pressrun lesson.md --outputs pd\t": ["lesson.md", "--outputs", "pdf"],
    "pressrun lesson.md -o sli\t": ["lesson.md", "-o", "slides"],
    "pressrun generate --on-busy q\t": ["generate", "--on-busy", "queue"],
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_files_commands_options_and_their_values(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    for name in ("lesson.md", "my deck.md", "slides/0001.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    script = tmp_path / ".script"
    script.write_bytes(subprocess.run([PRESSRUN, "completion", shell], check=True, capture_output=True).stdout)
    command, begin = SHELLS[shell]
    master, slave = pty.openpty()
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    terminal = {"stdin": slave, "stdout": slave, "stderr": slave}
    with subprocess.Popen(["setsid", "--ctty", "--wait", *command], cwd=tmp_path, env=env, **terminal) as process:
        os.close(slave)
        threading.Thread(target=drain, args=(master,), daemon=True).start()
        try:
            for line in [*begin, f"source {script}", "cd ."]:
                os.write(master, line.encode() + b"\r")
            made = {line: typed(master, line, tmp_path / "said") for line in LINES}
        finally:
            os.write(master, b"exit\r")
            process.wait(HANG_S)
    os.close(master)
    assert made == LINES


def drain(master: int) -> None:
    """A shell that cannot write stands still."""
    while True:
        try:
            os.read(master, 65_536)
        except OSError:
            return


def typed(master: int, line: str, said: Path) -> list[str]:
    """The words that the shell calls `pressrun` with, when that is typed and entered."""
    said.unlink(missing_ok=True)
    os.write(master, line.encode() + b"\r")
    until = time.monotonic() + HANG_S
    while not (said.exists() and said.read_text().endswith("\n")):
        assert time.monotonic() < until, f"{line!r} was not entered"
        time.sleep(0.05)
    return [word.rstrip("/") for word in said.read_text().splitlines()]  # zsh takes it off at Enter
