"""The whole URL table on one screen. What is described in OpenAPI is described here; a test checks both ways."""

from __future__ import annotations

from functools import wraps

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from pressrun.api import pages
from pressrun.api.assets import Assets
from pressrun.api.endpoints import (
    again,
    artifacts,
    generate,
    health,
    lanes,
    metrics,
    preview,
    retention,
    runs,
    system,
    themes,
)
from pressrun.api.endpoints.reads import by_turns
from pressrun.api.gate.tokens import LOCAL, caller_of
from pressrun.api.methods import Endpoint, OnlyRoute
from pressrun.api.openapi import docs_page, llms
from pressrun.api.openapi import document as openapi


def or_page(endpoint: Endpoint) -> Endpoint:
    """The UI's page for a browser that navigates here, the endpoint for everybody else."""

    @wraps(endpoint)
    async def negotiated(request: Request) -> Response:
        if pages.wants_page(request.scope):
            return await pages.index(request, ahead=caller_of(request.scope) is LOCAL)
        return await endpoint(request)

    return negotiated


def build_routes() -> list[BaseRoute]:
    """First match wins."""
    return [
        Route(generate.ROUTE, generate.generate_sse, methods=["POST"]),
        Route("/admission/explain", generate.explain_admission, methods=["POST"]),
        Route("/preview", preview.make_preview, methods=["POST"]),
        Route(preview.FRAME_PATH, preview.show_frame, methods=["GET"]),
        Route("/runs", or_page(by_turns(runs.list_runs)), methods=["GET"]),
        OnlyRoute("/runs/current", runs.current_run, methods=["GET"]),
        Route("/runs/{operation_id}", or_page(by_turns(runs.show_run)), methods=["GET"]),
        Route("/runs/{operation_id}", runs.delete_run, methods=["DELETE"]),
        Route("/runs/{operation_id}/events", runs.follow_run, methods=["GET"]),
        Route("/runs/{operation_id}/cancel", runs.cancel_run, methods=["POST"]),
        Route("/cancel/{operation_id}", runs.cancel_run, methods=["POST"]),
        Route("/runs/{operation_id}/retry", again.retry_run, methods=["POST"]),
        Route("/runs/{operation_id}/rerender", again.rerender_run, methods=["POST"]),
        Route("/runs/{operation_id}/pause", again.pause_run, methods=["POST"]),
        Route("/runs/{operation_id}/resume", again.resume_run, methods=["POST"]),
        Route("/runs/{operation_id}/webhook", again.send_webhook, methods=["POST"]),
        Route("/runs/{operation_id}/log", by_turns(runs.get_log), methods=["GET"]),
        Route("/runs/{operation_id}/spec", by_turns(runs.get_spec), methods=["GET"]),
        Route("/runs/{operation_id}/pin", runs.pin_run, methods=["PUT", "DELETE"]),
        Route("/runs/{operation_id}/files/{name:path}", by_turns(artifacts.get_file), methods=["GET"]),
        Route("/runs/{operation_id}/archive.zip", by_turns(artifacts.get_archive), methods=["GET"]),
        Route("/lanes", by_turns(lanes.list_lanes), methods=["GET"]),
        Route("/lanes/{lane}/pause", lanes.pause_lane, methods=["POST"]),
        Route("/lanes/{lane}/resume", lanes.resume_lane, methods=["POST"]),
        Route("/themes", themes.list_themes, methods=["GET"]),
        Route("/themes/{name}/preview.webp", themes.show_preview, methods=["GET"]),
        Route("/retention", retention.sweep, methods=["POST"]),
        Route("/livez", health.livez, methods=["GET"]),
        Route("/readyz", health.readyz, methods=["GET"]),
        Route("/system", or_page(system.show_system), methods=["GET"]),
        Route("/system/fonts", system.show_fonts, methods=["GET"]),
        Route("/metrics", metrics.get_metrics, methods=["GET"]),
        Route("/openapi.json", openapi.get_openapi, methods=["GET"]),
        Route("/docs", docs_page.show_docs, methods=["GET"]),
        Route("/llms.txt", llms.get_llms, methods=["GET"]),
        Route(docs_page.STYLE_PATH, docs_page.get_style, methods=["GET"]),
        Route("/", pages.index, methods=["GET"]),
        Mount("/assets", Assets(directory=pages.WEB_ROOT / "assets", check_dir=False), name="assets"),
    ]
