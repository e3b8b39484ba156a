"""The operations of OpenAPI, path by path; a test compares them with routes.py."""

from __future__ import annotations

import re
from typing import Any

from pressrun.api.openapi.parts import (
    CURSOR,
    FILE,
    FILE_NAME,
    FOLLOW,
    KEY,
    OPERATION_ID,
    REJECTED,
    STREAM,
    TEXT,
    UNKNOWN,
    json_of,
    operation,
    parameter,
    problem,
    ref,
)
from pressrun.api.wire.queries import FileQuery, LaneQuery, ListQuery, LogQuery, RetentionQuery, parameters_of
from pressrun.api.wire.schemas import LANE_PATTERN

_METHODS = {"get", "post", "put", "delete"}
_RUN = {"200": json_of("RunOut", "the run")}


def build_webhook() -> dict[str, Any]:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "summary": "Sent to `webhook_url` when the run has ended, signed as Standard Webhooks have it",
        "parameters": [{"name": name, "in": "header", "required": True, "schema": TEXT} for name in names],
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref("WebhookMessage")}}},
        "responses": {
            "2XX": {"description": "taken; anything else is tried again later, with the same `webhook-id`"},
            "410": {"description": "not wanted: given up at once"},
        },
    }


def build_paths() -> dict[str, Any]:
    """Every path of the wire."""
    runs = {**_start_paths(), **_runs_paths(), **_run_paths(), **_file_paths()}
    paths = {**runs, **_lane_paths(), **_server_paths(), **_machine_paths()}
    for path, item in paths.items():
        if "{operation_id}" in path:
            item["parameters"] = [OPERATION_ID]
        for method in item.keys() & _METHODS:
            item[method]["operationId"] = _name_of(method, path)
    return paths


def _name_of(method: str, path: str) -> str:
    """What generated clients and low-code tools call it: `post_runs_cancel_by_operation_id`."""
    parts = path.strip("/").split("/")
    words = [part for part in parts if not part.startswith("{")]
    given = [part.strip("{}") for part in parts if part.startswith("{")]
    return re.sub(r"[^a-z0-9]+", "_", "_".join([method, *words, *(["by", *given] if given else [])]))


def _start_paths() -> dict[str, Any]:
    return {
        "/generate-sse": {"post": _generate()},
        "/admission/explain": {
            "post": operation(
                "What POST /generate-sse would do with this body, and why; starts nothing",
                {"200": json_of("ExplanationOut", "the explanation")},
                body="GenerateRequest",
                form=True,
            )
        },
        "/preview": {
            "post": operation(
                "The slides that POST /generate-sse would make of this body; starts nothing, asks neither web nor AI",
                {
                    "200": json_of("PreviewOut", "the slides, one by one, and the deck as a page"),
                    "503": problem("every page is wanted by runs, or no browser can be had; try again shortly"),
                    "504": problem("it was not ready in time"),
                },
                body="GenerateRequest",
                form=True,
            )
        },
    }


def _runs_paths() -> dict[str, Any]:
    return {
        "/runs": {"get": _list()},
        "/runs/current": {
            "get": operation(
                "The run in the lane's slot; where the lane has several, the one that has run longest",
                {**_RUN, "204": {"description": "none; a slot held longer than PRESSRUN_RUN_MAX_S is nobody's"}},
                parameters=parameters_of(LaneQuery),
            )
        },
    }


def _run_paths() -> dict[str, Any]:
    return {
        "/runs/{operation_id}": {
            "get": operation(
                "Show a run, its attempts and how long each stage took",
                {"200": json_of("RunDetail", "the run"), **UNKNOWN},
            ),
            "delete": operation(
                "Delete run, log and files",
                {"204": {"description": "gone"}, "409": problem("it is active"), **UNKNOWN},
            ),
        },
        "/runs/{operation_id}/events": {
            "get": operation(
                "Follow a run: a `snapshot` event, then everything after the cursor, then live",
                {"200": FOLLOW, "204": {"description": "the cursor is at the terminal event"}, **UNKNOWN},
                parameters=CURSOR,
            )
        },
        "/runs/{operation_id}/cancel": _cancel(),
        "/cancel/{operation_id}": _cancel(),
        "/runs/{operation_id}/retry": {"post": _retry()},
        "/runs/{operation_id}/rerender": {"post": _rerender()},
        "/runs/{operation_id}/pause": {
            "post": operation(
                "Hold a run that waits in its queue, where others pass it",
                {**_RUN, "409": problem("it does not wait"), **UNKNOWN},
            )
        },
        "/runs/{operation_id}/resume": {
            "post": operation("Let a paused run go on", {**_RUN, "409": problem("it does not wait"), **UNKNOWN})
        },
        "/runs/{operation_id}/webhook": {
            "post": operation(
                "Send the message of its end once more, under the same `webhook-id`",
                {
                    "202": json_of("WebhookOut", "it goes out now, and as often as the first time"),
                    "409": problem("none was asked for, or it is still to be delivered"),
                    **UNKNOWN,
                },
            )
        },
    }


def _file_paths() -> dict[str, Any]:
    return {
        "/runs/{operation_id}/spec": {
            "get": operation(
                "What the run was made from, every default filled in",
                {"200": json_of("RunSpec", "the spec"), **UNKNOWN},
            )
        },
        "/runs/{operation_id}/log": {"get": _log()},
        "/runs/{operation_id}/pin": {
            "put": operation("Pin: retention leaves it alone", {**_RUN, **UNKNOWN}),
            "delete": operation("Unpin", {**_RUN, **UNKNOWN}),
        },
        "/runs/{operation_id}/files/{name}": {
            "get": operation(
                "A file of the run",
                {
                    "200": FILE,
                    "206": FILE,
                    "304": {"description": "not modified"},
                    "422": problem("`w` is none of the widths, or this file is no picture"),
                    **UNKNOWN,
                },
                parameters=(
                    parameter("name", "path", FILE_NAME),
                    parameter("inline", "query", {"enum": ["0", "1"]}),
                    *parameters_of(FileQuery),
                ),
            )
        },
        "/runs/{operation_id}/archive.zip": {
            "get": operation("Every file as a ZIP", {"200": FILE, "409": problem("not complete"), **UNKNOWN})
        },
    }


def _lane_paths() -> dict[str, Any]:
    return {
        "/lanes": {
            "get": operation(
                "The lanes, and who is in them", {"200": json_of("LaneList", "in use, configured or paused")}
            )
        },
        "/lanes/{lane}/pause": {"post": _set_lane("Pause a lane: nobody begins in it, who runs goes on")},
        "/lanes/{lane}/resume": {"post": _set_lane("Resume a lane")},
        "/retention": {
            "post": operation(
                "Remove what is no longer to be kept, of every caller; needs the scope `admin`",
                {
                    "200": json_of("RetentionOut", "what went, or would go"),
                    "422": problem("no such value of `dry_run`"),
                },
                parameters=parameters_of(RetentionQuery),
            )
        },
    }


def _server_paths() -> dict[str, Any]:
    picture = {"image/webp": {"schema": {"type": "string", "contentMediaType": "image/webp"}}}
    return {
        "/themes": {"get": operation("The looks of a document made from text", {"200": json_of("ThemeList", "all")})},
        "/themes/{name}/preview.webp": {
            "get": operation(
                "A picture of a theme",
                {
                    "200": {"description": "640 x 360", "content": picture},
                    "404": problem("no such theme, or it has no preview"),
                },
                parameters=(parameter("name", "path", {"type": "string", "minLength": 1}),),
            )
        },
        "/livez": {
            "get": operation(
                "This process can work", {"200": json_of("Health", "it can"), "503": json_of("Health", "restart it")}
            )
        },
        "/readyz": {
            "get": operation(
                "A run would work", {"200": json_of("Health", "it would"), "503": json_of("Health", "it would not")}
            )
        },
        "/system": {
            "get": operation(
                "Health, browsers and settings in force of this server, never a secret; needs the scope `admin`",
                {"200": json_of("SystemOut", "what is known here")},
            )
        },
        "/system/fonts": {
            "get": operation(
                "A line of each script as a slide of this server shows it, to be looked at; needs the scope `admin`",
                {
                    "200": json_of("FontProofList", "a picture of each, and what has the font where there is none"),
                    "503": problem("no browser, or none is free"),
                },
            )
        },
    }


def _machine_paths() -> dict[str, Any]:
    """What is read by programs alone."""
    return {
        "/metrics": {
            "get": operation(
                "What this process counts, for Prometheus",
                {
                    "200": {
                        "description": "text format 0.0.4",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    }
                },
            )
        },
        "/openapi.json": {
            "get": operation(
                "This document",
                {
                    "200": {
                        "description": "OpenAPI 3.1",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            )
        },
    }


def _cancel() -> dict[str, Any]:
    return {
        "post": operation(
            "Cancel the run",
            {
                "202": json_of("RunOut", "will be cancelled within a second"),
                "200": json_of("RunOut", "was asked before"),
                "409": problem("it has ended"),
                **UNKNOWN,
            },
            body="CancelRequest",
            optional_body=True,
        )
    }


def _generate() -> dict[str, Any]:
    return operation(
        "Start a run and stream it",
        {
            "200": STREAM,
            "202": json_of("RunOut", "accepted, with `Prefer: respond-async`"),
            "204": {"description": "repeated with its key and a cursor at the run's terminal event"},
            "409": REJECTED,
            "503": problem("busy or draining; see Retry-After"),
        },
        body="GenerateRequest",
        form=True,
        parameters=(
            parameter(
                "Idempotency-Key",
                "header",
                KEY,
                "your own name for this intention, bare or quoted; makes a retry safe",
            ),
            parameter("Prefer", "header", TEXT, "respond-async: 202 and no stream"),
            *CURSOR[:1],
            *CURSOR[2:],
        ),
    )


def _retry() -> dict[str, Any]:
    return operation(
        "Another attempt of a run that failed or was cancelled, from its last finished stage",
        {
            "202": json_of("RunOut", "it goes on, or waits: follow its events"),
            "409": problem("complete or active; or RejectedProblem; or, where the lane is paused, PausedProblem"),
            "503": problem("busy or draining; see Retry-After"),
            **UNKNOWN,
        },
        body="RetryRequest",
        optional_body=True,
    )


def _rerender() -> dict[str, Any]:
    start = _generate()
    return {
        **start,
        **operation(
            "A new run from the saved document, shown in another way; without AI",
            {**start["responses"], **UNKNOWN},
            body="RerenderRequest",
            optional_body=True,
        ),
    }


def _log() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    return operation(
        "The run's log lines, while it runs and afterwards",
        {
            "200": {
                "description": "a line each; the header Log-Lines counts them all",
                "headers": {"Log-Lines": {"schema": {"type": "integer"}}},
                "content": {"text/plain": text, "application/jsonl": text},
            },
            "422": problem("a parameter is wrong"),
            **UNKNOWN,
        },
        parameters=parameters_of(LogQuery),
    )


def _set_lane(summary: str) -> dict[str, Any]:
    return operation(
        summary,
        {"200": json_of("LaneOut", "the lane"), "404": problem("no such lane")},
        parameters=(parameter("lane", "path", {"type": "string", "pattern": LANE_PATTERN}),),
    )


def _list() -> dict[str, Any]:
    return operation(
        "History, page by page",
        {"200": json_of("RunPage", "a page"), "422": problem("a parameter is wrong")},
        parameters=parameters_of(ListQuery),
    )
