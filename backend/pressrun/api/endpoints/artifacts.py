"""Files and ZIP of a run. Where they are is `RunFiles`' to know; here they are sent."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pressrun.api.endpoints.runs import run_of
from pressrun.api.state import state_of
from pressrun.api.wire.file_headers import content_disposition, headers_for
from pressrun.api.wire.queries import FileQuery, parse_query
from pressrun.artifacts.model import StoredFile
from pressrun.artifacts.thumbnails import MADE_FROM, MEDIA_TYPE, Thumbnails, Width, etag_of
from pressrun.errors import NotFound
from pressrun.exports.zip import stream_zip
from pressrun.request_errors import FieldErrors
from pressrun.runs.files import OpenedFile, RunFiles
from pressrun.runs.model import Run

_CACHE_CONTROL = "private, no-cache"  # a later attempt may write another file of that name: it is asked, 304 if not

_log = structlog.get_logger(__name__)


async def get_file(request: Request) -> Response:
    """GET /runs/{operation_id}/files/{name}: ETag is the digest; ranges are served. With `w`: a picture in small."""
    width = parse_query(FileQuery, request).w
    state = state_of(request)
    small = None if width is None else _Small(state.thumbnails, width)
    return RunFileResponse(request, state.files, await run_of(request), request.path_params["name"], small)


async def get_archive(request: Request) -> Response:
    """GET /runs/{operation_id}/archive.zip: every file of the batch, streamed."""
    run = await run_of(request)
    archive = await state_of(request).files.archive(run)
    packed = [(file.record.name, file.record.size_bytes, file.chunks()) for file in archive.files]
    chunks = iterate_in_threadpool(stream_zip(packed, modified_at=run.created_at))
    disposition = content_disposition(f"{archive.name}.zip", shown=False)
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    # the first is of the manifest: a run that is deleted by now has no archive
    return ArchiveResponse(run.operation_id, await anext(chunks), chunks, headers)


@dataclass(frozen=True, slots=True)
class _Small:
    """That not the file is wanted, but a thumbnail of it."""

    thumbnails: Thumbnails
    width: Width

    async def response_of(self, request: Request, file: OpenedFile) -> Response:
        record = file.record
        if record.media_type not in MADE_FROM:
            problem = f"{record.name} is no picture of a slide: it is there in its own size alone"
            raise FieldErrors([{"field": "w", "problem": problem, "valid": "left out, or a PNG, JPEG or WebP file"}])
        name = f"{record.name.rpartition('.')[0]}-{self.width}.webp"
        caching = {"ETag": etag_of(record.sha256, self.width), "Cache-Control": _CACHE_CONTROL}
        headers = {**headers_for(name, MEDIA_TYPE), **caching}
        unchanged = _unchanged(request, headers)
        if unchanged is not None:
            return unchanged
        return Response(await self.thumbnails.make(file.file, self.width, file.descriptor), headers=headers)


class RunFileResponse(Response):
    """A file of a run, opened before anything is sent and held until it has been: its run may be deleted meanwhile.

    Raises: NotFound or FieldErrors, and then nothing was sent.
    """

    def __init__(self, request: Request, files: RunFiles, run: Run, name: str, small: _Small | None = None) -> None:
        super().__init__()
        self._request = request
        self._files = files
        self._run = run
        self._name = name
        self._small = small

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._files.open(self._run, self._name) as file:
            answer = _response_of if self._small is None else self._small.response_of
            await (await answer(self._request, file))(scope, receive, send)


class ArchiveResponse(StreamingResponse):
    """An archive. Of a run that is deleted meanwhile it ends in the middle, so that no client takes it for whole."""

    def __init__(self, operation_id: str, first: bytes, rest: AsyncIterator[bytes], headers: dict[str, str]) -> None:
        super().__init__(_chain(first, rest), media_type="application/zip", headers=headers)
        self._operation_id = operation_id

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except NotFound:
            _log.info("an archive was cut off: its run was deleted meanwhile", operation_id=self._operation_id)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _response_of(request: Request, file: OpenedFile) -> Response:
    headers = _file_headers(request, file.record)
    unchanged = _unchanged(request, headers)
    if unchanged is not None:
        return unchanged
    if file.descriptor is None:
        return Response(await file.file.read(), headers=headers)
    # by its descriptor: the very file, also when its name is gone
    return FileResponse(
        f"/dev/fd/{file.descriptor}",
        headers=headers,
        media_type=headers["Content-Type"],
        stat_result=os.fstat(file.descriptor),
    )


def _unchanged(request: Request, headers: dict[str, str]) -> Response | None:
    if headers["ETag"] not in request.headers.get("if-none-match", ""):
        return None
    return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})


def _file_headers(request: Request, file: StoredFile) -> dict[str, str]:
    inline = {"1": True, "0": False}.get(request.query_params.get("inline", ""))
    caching = {"ETag": f'"{file.sha256}"', "Cache-Control": _CACHE_CONTROL}
    return {**headers_for(file.name, file.media_type, inline), **caching}
