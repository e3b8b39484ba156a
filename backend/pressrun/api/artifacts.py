"""Files and ZIP of a run. A name is looked up in the manifest (while the run goes on: in what it has staged), exactly;
nothing a client sends is ever joined to a path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from pressrun.api.file_headers import content_disposition, headers_for
from pressrun.api.runs import run_of
from pressrun.api.state import state_of
from pressrun.artifacts.model import MANIFEST_NAME, StoredFile
from pressrun.errors import Conflict, NotFound
from pressrun.exports.zip import stream_zip
from pressrun.runs.model import Run
from pressrun.runs.service import batch_folder_of


async def get_file(request: Request) -> Response:
    """GET /runs/{operation_id}/files/{name}: ETag is the digest; ranges are served."""
    run = await run_of(request)
    path, file = await _find(request, run, request.path_params["name"])
    etag = f'"{file.sha256}"'
    headers = {**_file_headers(request, file), "ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": etag, "Cache-Control": headers["Cache-Control"]})
    if not await anyio.to_thread.run_sync(_is_plain_file, path):
        raise NotFound("this file is no longer there")
    return FileResponse(path, headers=headers, media_type=headers["Content-Type"])


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


async def _find(request: Request, run: Run, name: str) -> tuple[Path, StoredFile]:
    store = state_of(request).store
    folder = batch_folder_of(run)
    if folder is not None:
        return await store.find_published(folder, name)
    staged = store.find_staged(run.operation_id, name)
    if staged is None:
        raise NotFound(f"run {run.operation_id} ({run.status}) has no file of that name")
    return staged


def _file_headers(request: Request, file: StoredFile) -> dict[str, str]:
    inline = {"1": True, "0": False}.get(request.query_params.get("inline", ""))
    return headers_for(file.name, file.media_type, inline)


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
