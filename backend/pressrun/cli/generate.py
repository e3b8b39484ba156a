"""`pressrun generate`, `runs retry`, `runs rerender`: a run is asked for -> what is printed at its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from pressrun.cli.display import choose, why_it_ended
from pressrun.cli.output import complain, say, size
from pressrun.cli.session import Session
from pressrun.client import AsyncClient, AsyncRunStream, FileInfo, Notice

_SLIDES = "slides/"  # CONTRACT: where the slides are in a batch folder
OnNotice = Callable[[Notice], None]
Start = Callable[[AsyncClient, OnNotice], Awaitable[AsyncRunStream]]


def generate(
    url: str, token: str | None, request: dict[str, Any], *, key: str | None, out: Path | None, json: bool
) -> int:
    """Sends the request and stays until the run has ended; the exit code. Raises: Left, ClientError, OSError."""

    async def start(client: AsyncClient, on_notice: OnNotice) -> AsyncRunStream:
        return client.generate(request, idempotency_key=key, on_notice=on_notice)

    return _stay(url, token, start, out=out, json=json)


def rerender(
    url: str,
    token: str | None,
    operation_id: str,
    changes: dict[str, Any],
    *,
    key: str | None,
    out: Path | None,
    json: bool,
) -> int:
    """As `generate`, from the saved document of a run. Raises: Left, ClientError, OSError."""

    async def start(client: AsyncClient, on_notice: OnNotice) -> AsyncRunStream:
        return client.rerender(operation_id, changes, idempotency_key=key, on_notice=on_notice)

    return _stay(url, token, start, out=out, json=json)


def retry(url: str, token: str | None, operation_id: str, *, on_busy: str | None, out: Path | None, json: bool) -> int:
    """Lets the run go on and stays until it has ended; the exit code. Raises: Left, ClientError, OSError."""

    async def start(client: AsyncClient, on_notice: OnNotice) -> AsyncRunStream:
        run = await client.retry(operation_id, on_busy=on_busy)
        # from its last event on, which tells of the new attempt
        return client.follow(operation_id, max(0, run.last_event_id - 1), on_notice=on_notice)

    return _stay(url, token, start, out=out, json=json)


def _stay(url: str, token: str | None, start: Start, *, out: Path | None, json: bool) -> int:
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # what cannot be written is better known before than after
    return anyio.run(partial(_follow, url, token, start, out=out, json=json))


async def _follow(url: str, token: str | None, start: Start, *, out: Path | None, json: bool) -> int:
    async with AsyncClient(url, token) as client:
        with choose(json=json) as display:
            stream = await start(client, lambda notice: display.note(notice.message))
            session = Session(client, stream, display)
            code = await session.run(None if out is None else partial(_fetch, out))
        if json:
            return code
    _summary(session, out)
    return code


def follow(url: str, token: str | None, operation_id: str, *, out: Path | None, json: bool) -> int:
    """Shows a run from its first event on, and stays until it has ended; the exit code. Raises: Left, ClientError."""

    async def start(client: AsyncClient, on_notice: OnNotice) -> AsyncRunStream:
        return client.follow(operation_id, on_notice=on_notice)

    return _stay(url, token, start, out=out, json=json)


async def _fetch(out: Path, session: Session) -> list[Path]:
    assert session.last is not None  # noqa: S101 - it is complete
    return await session.client.download_all(session.last.operation_id, out, files=session.files)


def file_lines(files: Sequence[FileInfo]) -> Iterator[str]:
    """A line for each file, and one for all slides."""
    slides = [file for file in files if file.name.startswith(_SLIDES)]
    if len(slides) > 1:
        total = sum(file.size_bytes or 0 for file in slides)
        yield f"{size(total or None):>10}  {slides[0].name} … {slides[-1].name} ({len(slides)} slides)"
    for file in files:
        if len(slides) <= 1 or file not in slides:
            yield f"{size(file.size_bytes):>10}  {file.name}"


def _summary(session: Session, out: Path | None) -> None:
    last = session.last
    if last is None or last.type != "complete":
        complain(why_it_ended(last))
        return
    say(f"Batch folder: {last.data.get('folder', '?')}")
    if session.coverage and session.coverage not in session.warned:  # what is missing was a warning
        say(session.coverage)
    for line in file_lines(session.files):
        say(line)
    if out is not None:
        say(f"Saved to {out}: {len(session.saved)} files, digests verified")
