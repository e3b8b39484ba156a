"""Files and ZIP of a run. A name is looked up in the manifest (while the run goes on: in what it has staged), exactly;
nothing a client sends is ever joined to a path."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import anyio.to_thread
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pressrun.api.endpoints.runs import run_of
from pressrun.api.state import state_of
from pressrun.api.wire.file_headers import content_disposition, headers_for
from pressrun.artifacts.model import MANIFEST_NAME, StoredFile
from pressrun.errors import Conflict, NotFound, is_out_of_descriptors, out_of_descriptors
from pressrun.exports.zip import stream_zip
from pressrun.pipeline.publish import batch_folder_name
from pressrun.runs.announced import read_announced
from pressrun.runs.model import Run, batch_folder_of


async def get_file(request: Request) -> Response:
    """GET /runs/{operation_id}/files/{name}: ETag is the digest; ranges are served."""
    run = await run_of(request)
    name = request.path_params["name"]
    folder = batch_folder_of(run)
    if folder is None:
        staged = await _get_staged(request, run, name)
        if staged is not None:
            return staged
        # not `complete` yet, but just being published: its files have moved and its row does not say so yet
        folder = batch_folder_name(run.created_at, run.operation_id)
    try:
        path, file = await state_of(request).store.find_published(folder, name)
    except NotFound as exc:
        raise NotFound(f"run {run.operation_id} ({run.status}) has no file of that name") from exc
    headers = _file_headers(request, file)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return _not_modified(headers)
    return OpenedFile(path, headers=headers, media_type=headers["Content-Type"])


async def _get_staged(request: Request, run: Run, name: str) -> Response | None:
    """A file of a run that goes on, read at once, for it may be published (moved) at any moment."""
    found = state_of(request).store.find_staged(run.operation_id, name)
    here = None if found is None else await _read_staged(request, *found)
    if here is None:  # another process has it, or has taken it over with a later attempt
        found = await _find_announced(request, run, name)
        here = None if found is None else await _read_staged(request, *found)
    return here


async def _read_staged(request: Request, path: Path, file: StoredFile) -> Response | None:
    headers = _file_headers(request, file)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return _not_modified(headers)
    try:
        return Response(await anyio.to_thread.run_sync(path.read_bytes), headers=headers)
    except FileNotFoundError:
        return None


async def _find_announced(request: Request, run: Run, name: str) -> tuple[Path, StoredFile] | None:
    """What another process on the same data folder has staged: its event has the exact name and digest."""
    file = await state_of(request).database.read(read_announced, run.operation_id, name)
    if file is None:
        return None
    return state_of(request).store.staged_path(run.operation_id, run.attempt, file.name), file


async def get_archive(request: Request) -> Response:
    """GET /runs/{operation_id}/archive.zip: every file of the batch, streamed."""
    run = await run_of(request)
    folder = batch_folder_of(run)
    if folder is None:
        raise Conflict(f"run {run.operation_id} is {run.status}: there is an archive when it is complete")
    store = state_of(request).store
    manifest = await store.read_manifest(folder)
    root = store.batch_path(folder)
    files = [(name, root / name) for name in (MANIFEST_NAME, *(file.name for file in manifest.files))]
    headers = {"Content-Disposition": content_disposition(f"{folder}.zip", shown=False), "Cache-Control": "no-store"}
    chunks: Iterator[bytes] = stream_zip(files, modified_at=run.created_at)
    return StreamingResponse(iterate_in_threadpool(chunks), media_type="application/zip", headers=headers)


def _file_headers(request: Request, file: StoredFile) -> dict[str, str]:
    inline = {"1": True, "0": False}.get(request.query_params.get("inline", ""))
    caching = {"ETag": f'"{file.sha256}"', "Cache-Control": "private, no-cache"}
    return {**headers_for(file.name, file.media_type, inline), **caching}


def _not_modified(headers: dict[str, str]) -> Response:
    return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})


class OpenedFile(FileResponse):
    """A plain file, opened once and without following a link, before anything is sent: a run may be deleted meanwhile.

    Raises: NotFound, and then nothing was sent.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with await anyio.to_thread.run_sync(_open_plain, self.path) as descriptor:
            self.path = f"/dev/fd/{descriptor}"  # the very file, also when its name is gone
            self.stat_result = os.fstat(descriptor)
            self.set_stat_headers(self.stat_result)
            await super().__call__(scope, receive, send)


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_plain(path: str | os.PathLike[str]) -> AbstractContextManager[int]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise NotFound("this file is no longer there") from exc
        if is_out_of_descriptors(exc):
            raise out_of_descriptors() from exc
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotFound("this file is no longer there")
    return _closing(descriptor)
