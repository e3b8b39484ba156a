"""A published file on its way to a client, while its run is deleted."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from starlette.requests import Request
from starlette.types import Message

from pressrun.api.endpoints.artifacts import RunFileResponse
from pressrun.artifacts.local_file import LocalFile
from pressrun.artifacts.model import StoredFile
from pressrun.errors import NotFound
from pressrun.procfs import descriptors_of
from pressrun.runs.files import OpenedFile

pytestmark = pytest.mark.anyio


class OneFile:
    """The files of a run that has one, at this path."""

    def __init__(self, path: Path) -> None:
        self._file = LocalFile(path, StoredFile(name=path.name, media_type="image/png", size_bytes=1, sha256="0" * 64))

    @asynccontextmanager
    async def open(self, _run: object, _name: str) -> AsyncIterator[OpenedFile]:
        async with self._file.descriptor() as descriptor:
            yield OpenedFile(self._file, descriptor)


async def fetch(path: Path, when: Callable[[], None] = lambda: None, headers: list[tuple[bytes, bytes]] = []) -> bytes:  # noqa: B006
    """The body, all of it; `when` is called as soon as the answer has begun."""
    body = b""

    async def send(message: Message) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            when()
        else:
            body += message.get("body", b"")

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    scope = {"type": "http", "method": "GET", "headers": headers, "query_string": b"", "extensions": {}}
    response = RunFileResponse(Request(scope), OneFile(path), None, path.name)  # type: ignore[arg-type]
    await response(scope, receive, send)
    return body


async def test_a_file_that_goes_before_the_answer_begins_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await fetch(tmp_path / "gone.png")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotFound):
        await fetch(tmp_path / "file" / "below")


async def test_a_file_that_goes_when_the_answer_has_begun_is_sent_whole(tmp_path: Path) -> None:
    path = tmp_path / "0001.png"
    path.write_bytes(b"x" * 300_000)
    assert await fetch(path, path.unlink) == b"x" * 300_000
    path.write_bytes(b"0123456789")
    assert await fetch(path, path.unlink, [(b"range", b"bytes=2-4")]) == b"234"


async def test_links_folders_and_pipes_are_not_followed_or_waited_for(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link.png").symlink_to(tmp_path / "secret")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    before = descriptors_of()
    for name in ("link.png", "folder.png", "pipe.png"):
        with pytest.raises(NotFound):
            await fetch(tmp_path / name)
    assert descriptors_of() == before
