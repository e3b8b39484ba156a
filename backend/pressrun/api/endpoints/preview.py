"""POST /preview: the slides that a body would make, without a run; and the empty page in which the UI shows them."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from pressrun.api.endpoints.generate import read_asked
from pressrun.api.gate.tokens import LOCAL, caller_of
from pressrun.api.preview_frame import FRAME_HEADERS, FRAME_PATH, frame_html
from pressrun.api.state import state_of
from pressrun.api.wire.previews import PreviewOut
from pressrun.groups import open_task_group
from pressrun.pipeline.preview import Preview
from pressrun.spec import RunSpec

__all__ = ["FRAME_PATH", "make_preview", "show_frame"]


async def make_preview(request: Request) -> Response:
    """POST /preview: the body of POST /generate-sse; nothing is started, and nothing kept that a restart outlives."""
    _, asked = await read_asked(request)
    spec = asked.submission.spec
    preview = await _while_somebody_waits(request, spec)
    foreseen = state_of(request).foresee(spec)
    answer = PreviewOut.of(preview, foreseen["estimated_total_s"], foreseen["estimated_total_p75_s"])
    return JSONResponse(answer.model_dump(mode="json"), headers={"Cache-Control": "no-store"})


async def _while_somebody_waits(request: Request, spec: RunSpec) -> Preview:
    """Given up when the client goes: who types on does not want the last one any more. Raises: ClientDisconnect."""
    caller = caller_of(request.scope)
    share = request.scope.get("client") if caller is LOCAL else caller.name
    preview: Preview | None = None
    async with open_task_group() as tasks:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        preview = await state_of(request).previews.make(spec, share)
        tasks.cancel_scope.cancel()
    if preview is None:
        raise ClientDisconnect
    return preview


async def show_frame(_request: Request) -> Response:
    """GET /preview/frame: holds nothing, so it is for everybody; the UI sends it the deck of its answer."""
    return HTMLResponse(frame_html(), headers=FRAME_HEADERS)
