"""Parsing where it can be killed: the parent's side of `parser_child` (docs/decisions/0004).

A child has memory, CPU and wall limits and an empty environment. It is used by one request at a time, and by another
only when it answered; whoever stops waiting (deadline, cancellation) kills it. Nothing is kept between requests unless
`warm_up` was called, and `cool_down` ends what is kept: so a program that never warms up has nothing to clean.
Children belong to an event loop.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process
from anyio.lowlevel import RunVar
from anyio.streams.buffered import BufferedByteReceiveStream

from pressrun.errors import ComposeFailed, SourceTooComplex
from pressrun.fair_limiter import FairLimiter
from pressrun.sources.parser_wire import HEADER

MEMORY_LIMIT_BYTES = 1 << 30  # address space; 400 000 characters of dense Markdown were seen to need a third of it
KEEP_BELOW_BYTES = 160 << 20  # a child starts at 24 MB; one that grew past this is not kept
MAX_ANSWER_BYTES = 16 << 20  # 400 000 characters of footnote marks, the worst honest text seen, make 6 MB
MAX_BLOB_BYTES = 28 << 20  # a picture of 20 MB in base64
_PIECE_BYTES = 256 << 10  # arbitrary (64 KB..1 MB): what the loop copies between two looks at what else is to be done
CLOSE_LIMIT_S = 5.0  # after SIGKILL only a process stuck in the kernel needs longer

_BOOT = "import sys; sys.path.insert(0, sys.argv.pop()); from pressrun.sources.parser_child import main; main()"
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])


class _ChildEnded(Exception):
    """The child ended without an answer."""

    def __init__(self, returncode: int | None) -> None:
        self.returncode = returncode
        super().__init__(f"the parser process ended with {returncode}")


class _Child:
    """One process. Opened by `start`, closed by `kill`; not shared."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None  # noqa: S101  (PIPE was asked for)
        assert process.stdout is not None  # noqa: S101
        self._process = process
        self._requests = process.stdin
        self._answers = BufferedByteReceiveStream(process.stdout)

    @classmethod
    async def start(cls) -> _Child:
        """Returns as soon as the process exists; it loads its modules while the request is on its way."""
        command = [sys.executable, "-I", "-c", _BOOT, str(MEMORY_LIMIT_BYTES), _PACKAGE_ROOT]
        with anyio.CancelScope(shield=True):  # a start that is cut half-way would leave a process nobody holds
            process = await anyio.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None,  # what the interpreter itself has to say is for the operator
                cwd="/",
                env={"LC_ALL": "C.UTF-8"},  # nothing of ours: the parent's holds the secrets
                start_new_session=True,  # Ctrl-C on the terminal is the parent's to handle
            )
        return cls(process)

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: bytes, blob: bytes, cpu_s: int) -> dict[str, Any]:
        try:
            await self._requests.send(HEADER.pack(len(request), len(blob), cpu_s) + request)
            for start in range(0, len(blob), _PIECE_BYTES):
                await self._requests.send(blob[start : start + _PIECE_BYTES])
            length, blob_length, _ = HEADER.unpack(await self._answers.receive_exactly(HEADER.size))
            if length > MAX_ANSWER_BYTES or blob_length > MAX_BLOB_BYTES:
                return {"too_complex": True}
            body = await self._answers.receive_exactly(length)
            found = await self._answers.receive_exactly(blob_length)
        except (anyio.BrokenResourceError, anyio.IncompleteRead, anyio.EndOfStream, OSError) as exc:
            raise _ChildEnded(await self._process.wait()) from exc
        answer: dict[str, Any] = json.loads(body)
        if found:
            answer["result"]["blob"] = found
        return answer

    async def kill(self) -> None:
        """Ends the process and waits for it; also from a cancelled task."""
        with anyio.move_on_after(CLOSE_LIMIT_S, shield=True):
            if self.alive:
                self._process.kill()
            await self._process.aclose()


@dataclass(slots=True)
class _Pool:
    """The children of one event loop: as many at work as cores, `keep` at most waiting."""

    keep: int = 0
    idle: list[_Child] = field(default_factory=list)
    # One is for documents that have none at work: the pictures of one need not hold up the text of another.
    limiter: FairLimiter = field(default_factory=lambda: FairLimiter(max(2, os.cpu_count() or 1), reserved=1))

    async def take_waiting(self) -> _Child | None:
        while self.idle:
            child = self.idle.pop()
            if child.alive:
                return child
            await child.kill()
        return None

    async def give_back(self, child: _Child, peak_memory_bytes: int) -> None:
        if child.alive and len(self.idle) < self.keep and peak_memory_bytes < KEEP_BELOW_BYTES:
            self.idle.append(child)
        else:
            await child.kill()


_pools: RunVar[_Pool] = RunVar("pressrun_parser_pool")


def _pool() -> _Pool:
    try:
        return _pools.get()
    except LookupError:
        pool = _Pool()
        _pools.set(pool)
        return pool


async def warm_up() -> None:
    """Keeps one child ready from now on. Returns at once (the child loads by itself); may be called again."""
    pool = _pool()
    pool.keep = 1
    if not pool.idle:
        child = await _Child.start()
        await pool.give_back(child, 0)


async def cool_down() -> None:
    """Ends the waiting children; those at work end with their request. After it nothing is kept."""
    pool = _pool()
    pool.keep = 0
    while pool.idle:
        await pool.idle.pop().kill()


async def parse(
    task: str, *, timeout_s: float, share: Hashable | None = None, blob: bytes = b"", **arguments: object
) -> Any:
    """Runs a task of `parser_child` and returns its result. `timeout_s`: wall, and CPU rounded up.

    What is large and came from elsewhere is handed over as `blob`, and comes back as that in the result.

    Waiting for a free child does not count; `share` is for whom, as in a document (None: for this call alone), and
    shares are served in turn. Raises: SourceTooComplex at a limit, ComposeFailed if the parser is broken.
    """
    request = json.dumps({"task": task, **arguments}).encode()
    pool = _pool()
    async with pool.limiter.acquire(object() if share is None else share):
        try:
            with anyio.fail_after(timeout_s):
                answer = await _ask(pool, request, blob, math.ceil(timeout_s))
        except TimeoutError as exc:
            raise SourceTooComplex from exc
        except _ChildEnded as exc:
            # by a signal: the CPU limit, or memory that a library could not have; else it never got to work
            raise (SourceTooComplex() if (exc.returncode or 0) < 0 else ComposeFailed()) from exc
    if answer.get("too_complex"):
        raise SourceTooComplex
    if "crash" in answer:
        raise ComposeFailed from RuntimeError(answer["crash"])
    return answer["result"]


async def _ask(pool: _Pool, request: bytes, blob: bytes, cpu_s: int) -> dict[str, Any]:
    waiting = await pool.take_waiting()
    if waiting is not None:
        with contextlib.suppress(
            _ChildEnded
        ):  # it may have died while it waited; if the request did it, so will the next
            return await _ask_one(pool, waiting, request, blob, cpu_s)
    return await _ask_one(pool, await _Child.start(), request, blob, cpu_s)


async def _ask_one(pool: _Pool, child: _Child, request: bytes, blob: bytes, cpu_s: int) -> dict[str, Any]:
    try:
        answer = await child.ask(request, blob, cpu_s)
    except BaseException:
        await child.kill()
        raise
    await pool.give_back(child, answer.get("peak_memory_bytes", KEEP_BELOW_BYTES))
    return answer
