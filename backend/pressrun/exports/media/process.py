"""`run_tool`: a program of somebody else's (ffmpeg, a voice) as a process of its own that ends when we say so.

No shell, none of our environment, a process group of its own. Whoever is cancelled here has ended the whole group, and
reaped it, before the cancellation goes on. Where the server is killed, the kernel kills the program (Linux: `setpriv`
of util-linux, which Debian always has); without `setpriv` it ends with the little that it was asked to do.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import anyio
import anyio.to_thread
from anyio.abc import ByteReceiveStream, Process

from pressrun.groups import open_task_group

_CLOSE_LIMIT_S = 5.0  # after SIGKILL only a process stuck in the kernel needs longer
_SAID_BYTES = 8_000  # arbitrary: the last words of a program, which say why it failed
_PROBE_LIMIT_S = 10.0  # of `setpriv … true`, which takes milliseconds


class ToolMissing(Exception):
    """The program is not there, or cannot be started."""


class ToolSilent(Exception):
    """It was ended, for it did not get on in time."""


class ToolTalks(Exception):
    """It was ended, for it wrote more than was asked for."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How it ended: the code is negative for a signal. `said` is the end of what it wrote to stderr."""

    code: int
    output: bytes
    said: str


async def run_tool(
    command: Sequence[str],
    *,
    stdin: bytes = b"",
    limit_s: float,
    max_output_bytes: int = 1 << 20,
    on_line: Callable[[str], Awaitable[None]] | None = None,
) -> Finished:
    """Runs it to its end. With `on_line` each line of its output is handed over instead of kept, and `limit_s` counts
    anew from each; otherwise it is for the whole.

    Raises: ToolMissing, ToolSilent, ToolTalks.
    """
    tether = await anyio.to_thread.run_sync(_tether)
    process = await _start([*tether, *command])
    try:
        finished = await _attend(process, stdin, limit_s, max_output_bytes, on_line)
    finally:
        await _end(process)
    if finished is None:
        raise ToolSilent
    return finished


async def _start(command: Sequence[str]) -> Process:
    with anyio.CancelScope(shield=True):  # a start that is cut half-way would leave a process nobody holds
        try:
            process = await anyio.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},  # nothing of ours: the parent's holds the secrets
                start_new_session=True,
            )
        except (FileNotFoundError, PermissionError, NotADirectoryError) as exc:
            raise ToolMissing(command[0]) from exc
    return process


async def _attend(
    process: Process,
    stdin: bytes,
    limit_s: float,
    max_output_bytes: int,
    on_line: Callable[[str], Awaitable[None]] | None,
) -> Finished | None:
    """None: it was not done in time."""
    output, said = bytearray(), bytearray()

    async def read_output(stream: ByteReceiveStream, scope: anyio.CancelScope) -> None:
        async for piece in stream:
            output.extend(piece)
            if on_line is not None:
                scope.deadline = anyio.current_time() + limit_s
                *lines, rest = output.split(b"\n")
                output[:] = rest
                for line in lines:
                    await on_line(line.decode(errors="replace"))
            if len(output) > max_output_bytes:
                raise ToolTalks

    async def read_said(stream: ByteReceiveStream) -> None:
        async for piece in stream:
            said.extend(piece)
            del said[:-_SAID_BYTES]

    async def feed() -> None:
        assert process.stdin is not None  # noqa: S101  (PIPE was asked for)
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # it did not read to the end
            await process.stdin.send(stdin)
        with contextlib.suppress(anyio.BrokenResourceError, OSError):
            await process.stdin.aclose()

    finished = None
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    with anyio.move_on_after(limit_s) as scope:
        async with open_task_group() as group:
            group.start_soon(feed)
            group.start_soon(read_said, process.stderr)
            await read_output(process.stdout, scope)
        code = await process.wait()
        finished = Finished(code, bytes(output), said.decode(errors="replace").strip())
    return finished


async def _end(process: Process) -> None:
    """Of the whole group, also from a cancelled task."""
    with anyio.move_on_after(_CLOSE_LIMIT_S, shield=True):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.aclose()


@lru_cache(maxsize=1)
def _tether() -> tuple[str, ...]:
    """What in front of a command lets it die with us; asked for in a thread, for it may start a process."""
    found = shutil.which("setpriv", path=os.defpath) if sys.platform == "linux" else None
    if found is None:
        return ()
    tether = (found, "--pdeathsig", "KILL")
    try:
        probe = subprocess.run([*tether, "true"], capture_output=True, timeout=_PROBE_LIMIT_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tether if probe.returncode == 0 else ()  # busybox has another of that name
