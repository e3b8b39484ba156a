"""OpenAPI and the routes agree, in both directions, and the document is valid in itself."""

from __future__ import annotations

import json
import re

from starlette.routing import Route

from pressrun.api.openapi.document import build_openapi
from pressrun.api.openapi.llms import render_llms
from pressrun.api.routes import build_routes
from pressrun.api.wire.problems import STATUS
from pressrun.events.model import BODY

UI_PATHS = {"/", "/docs", "/docs/docs.css", "/llms.txt", "/preview/frame"}


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    described = {
        (path, method.upper())
        for path, item in build_openapi()["paths"].items()
        for method in item
        if method != "parameters"
    }
    served = {
        (re.sub(r":path\}", "}", route.path), method)
        for route in build_routes()
        if isinstance(route, Route) and route.path not in UI_PATHS
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert described == served


def test_language_models_are_told_every_operation_with_what_it_does() -> None:
    told = render_llms()
    for path, item in build_openapi()["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                assert f"- `{method.upper()} {path}`: {operation['summary']}" in told


def test_every_reference_leads_somewhere() -> None:
    document = build_openapi()
    wanted = set(re.findall(r'"#/components/schemas/([A-Za-z]+)"', json.dumps(document)))
    assert wanted <= set(document["components"]["schemas"])


def test_every_event_is_described() -> None:
    mapping = build_openapi()["components"]["schemas"]["RunEvent"]["discriminator"]["mapping"]
    assert set(mapping) == set(BODY.json_schema()["discriminator"]["mapping"])


def test_the_codes_of_errors_are_told_as_a_list_where_a_run_says_why_it_failed() -> None:
    """The list is that of `STATUS`, which tests/unit/test_problems.py compares with the tree of errors."""
    schemas = build_openapi()["components"]["schemas"]
    assert schemas["ErrorCode"]["enum"] == [*STATUS]
    for name in ("RunError", "ErrorEvent"):
        assert schemas[name]["properties"]["code"] == {"$ref": "#/components/schemas/ErrorCode"}


def test_every_path_parameter_is_declared() -> None:
    for path, item in build_openapi()["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            declared = {
                parameter["name"]
                for parameter in (*item.get("parameters", ()), *operation.get("parameters", ()))
                if parameter["in"] == "path"
            }
            assert declared == set(re.findall(r"\{([a-z_]+)\}", path)), (method, path)


def test_every_operation_has_a_name_of_its_own() -> None:
    operations = [
        item[method] for item in build_openapi()["paths"].values() for method in item if method != "parameters"
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) > 20
    assert {"post_generate_sse", "get_runs", "get_runs_files_by_operation_id_name"} <= set(names)
