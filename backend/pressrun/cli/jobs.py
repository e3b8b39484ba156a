"""`pressrun FILE …`, from the words of the command line to its exit code: which files, which server, again when they
change.
"""

from __future__ import annotations

import contextlib
import http.client
import json as json_format
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio

from pressrun.cli import embedded
from pressrun.cli.exits import Exit, UsageError
from pressrun.cli.failures import exit_code, lines_of
from pressrun.cli.make import How, Job, Tally, open_maker
from pressrun.cli.output import complain, say_json
from pressrun.cli.source import read_source
from pressrun.cli.targets import STDIO, plan_targets
from pressrun.source_kinds import ENDINGS

_LIVEZ_LIMIT_S = 1.0  # a server on this machine answers in milliseconds
_LOOK_EVERY_S = 0.2  # arbitrary (0.05..1): a change is seen before who made it has looked up
_SETTLED_S = 0.05  # arbitrary (0.02..0.5): editors write a file in several steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line says. `tree`: a folder whose files are wanted; `request`: fields for every file."""

    files: Sequence[str]
    tree: Path | None
    outs: Sequence[str]
    source: str | None
    request: dict[str, Any]
    at_once: int
    force: bool
    no_clobber: bool
    fail_fast: bool
    watch: bool
    open_it: bool
    json: bool
    key: str | None
    install_browser: bool

    @property
    def many(self) -> bool:
        return len(self.files) > 1 or self.tree is not None


def run(wish: Wish, server: tuple[str, str | None] | None) -> int:
    """Makes everything; the exit code. `server` None: one of this command alone.

    Raises: Left, UsageError, NotMade, ClientError, PressrunError, OSError.
    """
    _check(wish)
    begun_at = time.monotonic()
    files = list(_files(wish))
    with _folder_of(wish, server) as folder:
        how = How(
            server,
            at_once=wish.at_once,
            fail_fast=wish.fail_fast,
            json=wish.json,
            key=wish.key,
            watching=wish.watch,
            folder=folder,
        )
        jobs, tally = _prepare(wish, files, how)
        if server is None and (jobs or wish.watch):
            embedded.require_browser(install=wish.install_browser)
        if jobs or wish.watch:
            with _unwrapped():
                tally = anyio.run(partial(_make, wish, jobs, files, how, tally))
    if wish.many and not wish.json:
        complain(_summary(files, tally, time.monotonic() - begun_at))
    if tally.interrupted:
        return Exit.CANCELLED
    return (Exit.ERROR if wish.many else tally.codes[0]) if tally.codes else Exit.COMPLETE


def find_server(url: str, token: str | None, *, named: bool) -> tuple[str, str | None] | None:
    """Where runs are sent: to what was `named`, else to what answers at the default address; None: to neither."""
    if url == embedded.SERVER or not (named or _is_pressrun(url)):
        return None
    return url, token


def _is_pressrun(url: str) -> bool:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_LIVEZ_LIMIT_S)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        connection.request("GET", "/livez")
        answer = json_format.loads(connection.getresponse().read(65_536))
        return isinstance(answer, dict) and "checks" in answer
    return False


@contextlib.contextmanager
def _unwrapped() -> Iterator[None]:
    """What went wrong, without the groups of the tasks that it passed."""
    try:
        yield
    except BaseExceptionGroup as group:
        failure: BaseException = group
        while isinstance(failure, BaseExceptionGroup) and len(failure.exceptions) == 1:
            failure = failure.exceptions[0]
        raise failure from None


def _check(wish: Wish) -> None:
    """Raises: UsageError."""
    if wish.no_clobber and wish.force:
        raise UsageError("--force replaces what is there, --no-clobber leaves it: give one of them.")
    if wish.at_once < 1:
        raise UsageError("-P is how many are made at once, from 1.")
    if STDIO in wish.files and (wish.many or wish.watch):
        raise UsageError("- is standard input, which is one source, and read once.")
    if wish.many and any(out == STDIO or _names_file(out) for out in wish.outs):
        raise UsageError(
            "several files do not go into one: name a folder, as in -o out/, and what to make by --outputs."
        )
    if STDIO in wish.outs:
        if wish.json:
            raise UsageError("-o - and --json both want standard output: give one of them.")
        if sys.stdout is not None and sys.stdout.isatty():
            raise UsageError("-o - would write bytes to the terminal: send them to a file or a program.")
    if wish.key is not None and wish.many:
        raise UsageError("--idempotency-key names one request, and several files are several.")


def _names_file(out: str) -> bool:
    return bool(Path(out).suffix) and not out.endswith("/") and not Path(out).is_dir()


def _folder_of(wish: Wish, server: tuple[str, str | None] | None) -> AbstractContextManager[Path | None]:
    if server is not None:
        return nullcontext()
    return embedded.take_folder() if wish.watch else embedded.take_turn(complain)


def _files(wish: Wish) -> Iterator[str]:
    """Raises: UsageError."""
    yield from wish.files
    if wish.tree is None:
        return
    if not wish.tree.is_dir():
        raise UsageError(f"-I {wish.tree}: there is no such folder.")
    found = [path for path in sorted(wish.tree.rglob("*")) if path.suffix.lower() in ENDINGS and path.is_file()]
    found = [path for path in found if not any(part.startswith(".") for part in path.relative_to(wish.tree).parts)]
    if not found:
        raise UsageError(f"-I {wish.tree}: no file in it ends in {' '.join(ENDINGS)}.")
    yield from map(str, found)


def _prepare(wish: Wish, files: list[str], how: How) -> tuple[list[Job], Tally]:
    """The jobs that can be begun; of a single one that cannot, why is raised. Raises: UsageError, OSError."""
    jobs: list[Job] = []
    tally = Tally()
    taken: dict[Path, str] = {}
    for file in files:
        try:
            job = _job(wish, file)
            _require_apart(job, taken)
        except (UsageError, OSError) as exc:
            if not (wish.many or wish.watch) or wish.fail_fast:
                raise
            _tell(wish, file, exc)
            tally.codes.append(exit_code(exc))
            continue
        if wish.no_clobber and job.plan.taken():
            tally.written[file] = []
            continue
        jobs.append(job)
    return jobs, tally


def _require_apart(job: Job, taken: dict[Path, str]) -> None:
    """Raises: UsageError where two files would be written to one."""
    for target in job.plan.targets:
        if target.path is not None and (other := taken.setdefault(target.path.absolute(), job.file)) != job.file:
            raise UsageError(f"{job.file} and {other} would both become {target.path}: make them one by one.")


def _tell(wish: Wish, file: str, exc: Exception) -> None:
    if wish.json:
        message = " ".join(lines_of(exc))
        say_json({"type": "failed", "file": file, "message": message, "exit_code": exit_code(exc)})
        return
    for line in lines_of(exc):
        complain(line)


def _job(wish: Wish, file: str, *, again: bool = False) -> Job:
    """`again`: the results that are there are of this command. Raises: UsageError, OSError."""
    beside = _mirrored(wish, file) if wish.many and wish.outs else None
    outs = () if wish.many else wish.outs
    plan = plan_targets(file, outs, wish.request.get("outputs"), wish.request.get("image_format"), beside)
    source: Any = wish.source
    request = {**wish.request, **read_source(file, source), "outputs": plan.outputs}
    if plan.image_format is not None:
        request["image_format"] = plan.image_format
    job = Job(file, request, plan, replace=wish.force or again)
    if not job.replace and not wish.no_clobber and (target := plan.taken()) is not None:
        raise UsageError(f"{target.shown()} is there already: --force replaces it, -o gives another name.")
    return job


def _mirrored(wish: Wish, file: str) -> Path:
    folder = Path(wish.outs[-1])
    return folder if wish.tree is None else folder / Path(file).relative_to(wish.tree).parent


async def _make(wish: Wish, jobs: list[Job], files: list[str], how: How, before: Tally) -> Tally:
    async with open_maker(how) as maker:
        maker.tally.codes += before.codes
        maker.tally.written.update(before.written)
        seen = {file: _signature(file) for file in files}
        if jobs:
            await maker.make(jobs)
        if wish.open_it:
            _open(maker.tally)
        while wish.watch and not maker.tally.interrupted:
            changed = await _wait_for_change(wish, files, seen)
            if changed is None:
                maker.tally.interrupted = True
                break
            again = [job for file in changed if (job := _job_again(wish, file)) is not None]
            if again:
                await maker.make(again)
        return maker.tally


def _job_again(wish: Wish, file: str) -> Job | None:
    try:
        return _job(wish, file, again=True)
    except (UsageError, OSError) as exc:
        _tell(wish, file, exc)
        return None


async def _wait_for_change(wish: Wish, files: list[str], seen: dict[str, Any]) -> list[str] | None:
    """The files that are others than when they were last seen; None after Ctrl-C."""
    if not wish.json:
        complain(f"Watching {files[0] if len(files) == 1 else f'{len(files)} files'}; Ctrl-C ends it.")
    changed: list[str] | None = None
    with anyio.open_signal_receiver(signal.SIGINT) as interrupts:
        async with anyio.create_task_group() as tasks:

            async def end_on_interrupt() -> None:
                async for _ in interrupts:
                    tasks.cancel_scope.cancel()

            tasks.start_soon(end_on_interrupt)
            while changed is None:
                await anyio.sleep(_LOOK_EVERY_S)
                if any(_signature(file) != seen[file] for file in files):
                    await anyio.sleep(_SETTLED_S)
                    now = {file: _signature(file) for file in files}
                    changed = [file for file in files if now[file] not in (None, seen[file])] or None
                    seen.update({file: now[file] for file in changed or ()})
            tasks.cancel_scope.cancel()
    return changed


def _signature(file: str) -> tuple[int, int, int] | None:
    """Another one after each change; None for a file that is not there, as for a moment while an editor saves."""
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _open(tally: Tally) -> None:
    """Shows the first thing that was made in the program that this machine has for it."""
    paths = next((paths for paths in tally.written.values() if paths), None)
    if paths is None:
        return
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    program = shutil.which(opener)
    if program is None:
        complain(f"--open needs {opener}, which is not here.")
        return
    subprocess.Popen(  # noqa: S603 - our own file, no shell
        [program, str(paths[0].absolute())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _summary(files: list[str], tally: Tally, took_s: float) -> str:
    made = sum(bool(paths) for paths in tally.written.values())
    left = sum(not paths for paths in tally.written.values())
    counts = [(made, "made"), (len(tally.codes), "failed"), (left, "left as they were")]
    rest = len(files) - made - len(tally.codes) - left
    counts.append((rest, "not begun"))
    return ", ".join(f"{count} {word}" for count, word in counts if count) + f" in {took_s:.1f} s"
