"""/themes…: the looks that a document made from text may have on this server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from pressrun.api.state import state_of
from pressrun.api.wire.theme_list import ThemeList, ThemeOut
from pressrun.errors import NotFound
from pressrun.themes.catalog import for_people

_A_WHILE = {"Cache-Control": "private, max-age=300"}  # they change when the server starts


async def list_themes(request: Request) -> Response:
    """GET /themes"""
    themes = state_of(request).themes
    listed = [
        ThemeOut(
            **said, preview_url=None if themes[said["name"]].preview is None else f"/themes/{said['name']}/preview.webp"
        )
        for said in for_people(themes)
    ]
    return JSONResponse(ThemeList(themes=listed).model_dump(mode="json"), headers=_A_WHILE)


async def show_preview(request: Request) -> Response:
    """GET /themes/{name}/preview.webp"""
    theme = state_of(request).themes.get(request.path_params["name"])
    if theme is None or theme.preview is None:
        raise NotFound("there is no such theme, or it has no preview")
    return FileResponse(theme.preview, media_type="image/webp", headers=_A_WHILE)
