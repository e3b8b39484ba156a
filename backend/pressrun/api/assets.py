"""The UI's hashed files: kept by browsers for good, and sent compressed as the build has left them."""

from __future__ import annotations

import stat
from mimetypes import guess_type

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

# A name has a hash of what is in it: another content is another name (RFC 8246).
_CACHE_CONTROL = "public, max-age=31536000, immutable"
_CODINGS = (("br", ".br"), ("gzip", ".gz"))  # the smaller first; what the front end's build writes beside each file


class Assets(StaticFiles):
    """Files of one folder, each with its compressed twins beside it where it has them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As StaticFiles; a twin where the client reads it. Raises: HTTPException as StaticFiles."""
        response = await self._twin(path, scope) or await super().get_response(path, scope)
        if response.status_code in (200, 304):
            response.headers["Cache-Control"] = _CACHE_CONTROL
            response.headers["Vary"] = "Accept-Encoding"
        return response

    async def _twin(self, path: str, scope: Scope) -> Response | None:
        if scope["method"] not in ("GET", "HEAD"):
            return None
        headers = Headers(scope=scope)
        if "range" in headers:  # of the file as it is: what a part of a twin would be, nobody could read
            return None
        for coding, ending in _CODINGS:
            if not _accepts(headers.get("accept-encoding", ""), coding):
                continue
            full_path, found = await anyio.to_thread.run_sync(self.lookup_path, path + ending)
            if found is None or not stat.S_ISREG(found.st_mode):
                continue
            response = FileResponse(full_path, stat_result=found, media_type=guess_type(path)[0])
            response.headers["Content-Encoding"] = coding
            if self.is_not_modified(response.headers, headers):
                return NotModifiedResponse(response.headers)
            return response
        return None


def _accepts(accepted: str, coding: str) -> bool:
    """Whether `Accept-Encoding` names the coding, and not with a weight of nothing (RFC 9110, 12.5.3)."""
    for each in accepted.split(","):
        name, *parameters = (part.strip().lower() for part in each.split(";"))
        if name == coding:
            weights = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
            return not any(set(weight) <= set("0.") for weight in weights)
    return False
