"""`pressrun FILE …`, from the words of the command line to its exit code: which files, which server, again when they
change.
"""

from __future__ import annotations

import contextlib
import http.client
import json as json_format
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio

from pressrun.cli import embedded
from pressrun.cli.exits import Exit, UsageError
from pressrun.cli.files import real_path
from pressrun.cli.job import How, Job, Results
from pressrun.cli.options import BesideOptions, MakeOptions
from pressrun.cli.output import complain, say_json
from pressrun.cli.request import read_request
from pressrun.cli.targets import STDIO, plan_targets
from pressrun.cli.watching import Watcher
from pressrun.source_kinds import ENDINGS

_LIVEZ_LIMIT_S = 1.0  # a server on this machine answers in milliseconds


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says. `request`: fields for every file, `implied` those that anything else goes before."""

    files: Sequence[str]
    options: MakeOptions
    beside: BesideOptions
    request: dict[str, Any]
    implied: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outs(self) -> Sequence[str]:
        return self.options.out or ()

    @property
    def many(self) -> bool:
        return len(self.files) > 1 or self.options.input_dir is not None


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
            at_once=wish.options.parallel,
            fail_fast=wish.options.fail_fast,
            json=wish.options.json,
            key=wish.options.idempotency_key,
            watching=wish.options.watch,
            folder=folder,
        )
        watch = _Watch(wish, files) if wish.options.watch else None
        jobs, results = _prepare(wish, files, how)
        if watch is not None:
            watch.note(jobs)
        if server is None and (jobs or wish.options.watch):
            embedded.require_browser(install=wish.options.install_browser)
        if jobs or wish.options.watch:
            with _unwrapped():
                results = anyio.run(partial(_make, wish, jobs, how, results, watch))
    if wish.many and not wish.options.json:
        complain(_summary(files, results, time.monotonic() - begun_at))
    if results.interrupted:
        return Exit.CANCELLED
    return (Exit.ERROR if wish.many else results.codes[0]) if results.codes else Exit.COMPLETE


def find_server(url: str, token: str | None, *, named: bool) -> tuple[str, str | None] | None:
    """Where runs are sent: to what was `named`, else to what answers at the default address; None: to neither."""
    if url == embedded.SERVER or not (named or _is_pressrun(url)):
        return None
    return url, token


def _is_pressrun(url: str) -> bool:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_LIVEZ_LIMIT_S)
    # of a program that is none of ours: it may send nonsense, nests of brackets, or a byte now and then for hours
    nonsense = (OSError, http.client.HTTPException, ValueError, RecursionError)
    with contextlib.closing(connection), contextlib.suppress(*nonsense):
        connection.connect()
        limit = threading.Timer(2 * _LIVEZ_LIMIT_S, connection.sock.shutdown, (socket.SHUT_RDWR,))
        limit.start()
        try:
            connection.request("GET", "/livez")
            answer = json_format.loads(connection.getresponse().read(65_536))
        finally:
            limit.cancel()
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
    if wish.options.no_clobber and wish.options.force:
        raise UsageError("--force replaces what is there, --no-clobber leaves it: give one of them.")
    if wish.options.parallel < 1:
        raise UsageError("-P is how many are made at once, from 1.")
    if STDIO in wish.files and (wish.many or wish.options.watch):
        raise UsageError("- is standard input, which is one source, and read once.")
    if wish.many and any(out == STDIO or _names_file(out) for out in wish.outs):
        raise UsageError(
            "several files do not go into one: name a folder, as in -o out/, and what to make by --outputs."
        )
    if STDIO in wish.outs:
        if wish.options.json:
            raise UsageError("-o - and --json both want standard output: give one of them.")
        if sys.__stdout__ is None:
            raise UsageError("standard output is closed: give -o a name.")
        if sys.stdout.isatty():
            raise UsageError("-o - would write bytes to the terminal: send them to a file or a program.")
    if wish.options.idempotency_key is not None and wish.many:
        raise UsageError("--idempotency-key names one request, and several files are several.")


def _names_file(out: str) -> bool:
    return bool(Path(out).suffix) and not out.endswith("/") and not Path(out).is_dir()


def _folder_of(wish: Wish, server: tuple[str, str | None] | None) -> AbstractContextManager[Path | None]:
    if server is not None:
        return nullcontext()
    return embedded.take_folder() if wish.options.watch else embedded.take_turn(complain)


def _files(wish: Wish) -> Iterator[str]:
    """Raises: UsageError."""
    yield from wish.files
    folder = wish.options.input_dir
    if folder is None:
        return
    if not folder.is_dir():
        raise UsageError(f"-I {folder}: there is no such folder.")
    found = _in_tree(folder, wish.outs)
    if not found and not wish.options.watch:
        raise UsageError(f"-I {folder}: no file in it ends in {' '.join(ENDINGS)}.")
    yield from found


def _in_tree(tree: Path, outs: Sequence[str]) -> list[str]:
    """The sources of a folder and those below; what is hidden is none, nor is what `-o` put there."""
    written = [folder for out in outs if (folder := real_path(Path(out))) != real_path(tree)]
    found = [path for path in sorted(tree.rglob("*")) if path.suffix.lower() in ENDINGS and path.is_file()]
    found = [path for path in found if not any(part.startswith(".") for part in path.relative_to(tree).parts)]
    return [str(path) for path in found if not any(real_path(path).is_relative_to(folder) for folder in written)]


def _prepare(wish: Wish, files: list[str], how: How) -> tuple[list[Job], Results]:
    """The jobs that can be begun; of a single one that cannot, why is raised. Raises: UsageError, OSError."""
    jobs: list[Job] = []
    results = Results()
    taken: dict[Path, str] = {}
    for file in files:
        try:
            job = _job(wish, file)
            _require_apart(job, taken)
        except (UsageError, OSError) as exc:
            if not (wish.many or wish.options.watch) or wish.options.fail_fast:
                raise
            results.codes.append(_tell(wish, file, exc))
            continue
        if wish.options.no_clobber and job.plan.taken(job.request):
            results.written[file] = []
            continue
        jobs.append(job)
    return jobs, results


def _require_apart(job: Job, taken: dict[Path, str]) -> None:
    """Raises: UsageError where two files would be written to one."""
    for path in (path for target in job.plan.targets for path in target.paths(job.request)):
        if (other := taken.setdefault(path.absolute(), job.file)) != job.file:
            raise UsageError(f"{job.file} and {other} would both become {path}: make them one by one.")


def _tell(wish: Wish, file: str, exc: Exception) -> int:
    """Says what is wrong with a file; its exit code."""
    from pressrun.cli.failures import exit_code, lines_of

    if wish.options.json:
        message = " ".join(lines_of(exc))
        say_json({"type": "failed", "file": file, "message": message, "exit_code": exit_code(exc)})
    else:
        for line in lines_of(exc):
            complain(line)
    return exit_code(exc)


def _note(wish: Wish, file: str, note: str) -> None:
    if wish.options.json:
        say_json({"type": "note", "file": file, "message": note})
    else:
        complain(note)


def _job(wish: Wish, file: str, *, again: bool = False) -> Job:
    """`again`: the results that are there are of this command. Raises: UsageError, OSError."""
    beside = _mirrored(wish, file) if wish.many and wish.outs else None
    outs = () if wish.many else wish.outs
    source: Any = wish.options.source
    asked = read_request(file, source, wish.beside)
    outputs = wish.request.get("outputs")
    if outputs is None and not any(out == STDIO or _names_file(out) for out in outs):
        outputs = asked.defaults.get("outputs")
    plan = plan_targets(file, outs, outputs, wish.request.get("image_format"), beside)
    request = {**wish.implied, **asked.defaults, **wish.request, **asked.source, "outputs": plan.outputs}
    if plan.image_format is not None:
        request["image_format"] = plan.image_format
    request |= plan.fields
    for note in asked.notes:
        _note(wish, file, note)
    job = Job(file, request, plan, replace=wish.options.force or again, read=asked.read)
    if not job.replace and not wish.options.no_clobber and (there := plan.taken(request)) is not None:
        raise UsageError(f"{there} is there already: --force replaces it, -o gives another name.")
    plan.require_writable()
    return job


def _mirrored(wish: Wish, file: str) -> Path:
    folder = Path(wish.outs[-1])
    return folder if wish.options.input_dir is None else folder / Path(file).relative_to(wish.options.input_dir).parent


async def _make(wish: Wish, jobs: list[Job], how: How, before: Results, watch: _Watch | None) -> Results:
    async with AsyncExitStack() as stack:
        # The server first, which starts a browser before it imports anything: what is imported here takes as long.
        url, token = how.server or await _open_server(stack, how)
        from pressrun.cli.make import open_maker

        maker = await stack.enter_async_context(open_maker(url, token, how))
        maker.results.codes += before.codes
        maker.results.written.update(before.written)
        if jobs:
            await maker.make(jobs)
        if wish.options.open:
            _open(maker.results)
        while watch is not None and not maker.interrupted.is_set():
            if not wish.options.json:
                complain(_watching(wish, watch.watcher.files))
            changed = await watch.watcher.changed(maker.interrupted)
            again = [job for file in changed or () if (job := _job_again(wish, file)) is not None]
            watch.note(again)
            if again:
                await maker.make(again)
        maker.results.interrupted = maker.interrupted.is_set()
        return maker.results


async def _open_server(stack: AsyncExitStack, how: How) -> tuple[str, str]:
    assert how.folder is not None  # noqa: S101 - there is no other server
    return await stack.enter_async_context(embedded.open_server(how.folder, how.at_once))


class _Watch:
    """What `--watch` looks at. Where a folder is watched new files are seen; what this command makes there is none."""

    def __init__(self, wish: Wish, files: list[str]) -> None:
        self._wish, self._given, self._results = wish, files, set[Path]()
        self.watcher = Watcher(self._search)

    def note(self, jobs: list[Job]) -> None:
        """They were read just now."""
        for job in jobs:
            self._results |= {target.path.absolute() for target in job.plan.targets if target.path is not None}
            self.watcher.hangs_on(job.file, job.read)

    def _search(self) -> list[str]:
        if self._wish.options.input_dir is None:
            return self._given
        found = dict.fromkeys([*self._given, *_in_tree(self._wish.options.input_dir, self._wish.outs)])
        return [file for file in found if Path(file).absolute() not in self._results]


def _watching(wish: Wish, files: list[str]) -> str:
    what = (
        f"{wish.options.input_dir}/"
        if wish.options.input_dir
        else files[0]
        if len(files) == 1
        else f"{len(files)} files"
    )
    return f"Watching {what}; Ctrl-C ends it."


def _job_again(wish: Wish, file: str) -> Job | None:
    try:
        return _job(wish, file, again=True)
    except (UsageError, OSError) as exc:
        _tell(wish, file, exc)
        return None


def _open(results: Results) -> None:
    """Shows the first thing that was made in the program that this machine has for it."""
    paths = next((paths for paths in results.written.values() if paths), None)
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


def _summary(files: list[str], results: Results, took_s: float) -> str:
    made = sum(bool(paths) for paths in results.written.values())
    left = sum(not paths for paths in results.written.values())
    counts = [(made, "made"), (len(results.codes), "failed"), (left, "left as they were")]
    rest = len(files) - made - len(results.codes) - left
    counts.append((rest, "not begun"))
    return ", ".join(f"{count} {word}" for count, word in counts if count) + f" in {took_s:.1f} s"
