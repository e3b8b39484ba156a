"""PRESSRUN_CORS_ORIGINS: what the gate lets pages from elsewhere do, and that it lets nobody else."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pressrun.api.gate.cors import EXPOSED_HEADERS, CorsOrigins
from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.gate.tokens import new_token, parse_tokens
from pressrun.errors import StartupError
from tests.support.raw_asgi import HERE, ask

pytestmark = pytest.mark.anyio

APP = "https://app.example"
FROM_APP = ("origin", APP)
CROSS_SITE = ("sec-fetch-site", "cross-site")
WANTS_POST = ("access-control-request-method", "POST")


async def _anything(request: Request) -> Response:
    return JSONResponse({"reached": True}, headers={"Vary": "Accept"})


def gate(*origins: str, token: str | None = None) -> Gate:
    app = Starlette(routes=[Route("/{path:path}", _anything, methods=["GET", "POST", "OPTIONS"])])
    tokens = parse_tokens([token] if token else [])
    return Gate(app, GateConfig(hosts=HostList("127.0.0.1"), cors=CorsOrigins(origins), tokens=tokens))


async def test_an_allowed_page_may_post_and_read_the_answer_and_its_headers() -> None:
    answer = await ask(gate(APP), "POST", "/x", HERE, FROM_APP, CROSS_SITE)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, APP)
    assert answer.headers["access-control-expose-headers"] == "Location, Run-Disposition, Retry-After, Link"
    assert EXPOSED_HEADERS == ("Location", "Run-Disposition", "Retry-After", "Link")
    assert "access-control-allow-credentials" not in answer.headers
    assert {name.strip() for name in answer.headers["vary"].split(",")} == {"Accept", "Origin"}


@pytest.mark.parametrize(
    "origin",
    ["null", "*", "https://app.example.evil.test", "http://app.example", f"{APP}:444", "https://APP.example/", ""],
)
async def test_a_page_that_is_not_named_whole_may_not(origin: str) -> None:
    app = gate(APP)
    post = await ask(app, "POST", "/x", HERE, ("origin", origin), CROSS_SITE)
    get = await ask(app, "GET", "/x", HERE, ("origin", origin), CROSS_SITE)
    preflight = await ask(app, "OPTIONS", "/x", HERE, ("origin", origin), WANTS_POST)
    assert (post.status, get.status, preflight.status) == (403, 200, 405)
    for answer in (post, get, preflight):
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]


async def test_two_origins_are_none() -> None:
    assert (await ask(gate(APP), "POST", "/x", HERE, FROM_APP, FROM_APP)).status == 403


async def test_a_preflight_of_an_allowed_page_is_answered_without_a_token() -> None:
    token, line = new_token("app")
    app = gate(APP, token=line)
    preflight = await ask(app, "OPTIONS", "/runs", HERE, FROM_APP, WANTS_POST)
    assert (preflight.status, preflight.body) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == APP
    assert "POST" in preflight.headers["access-control-allow-methods"]
    allowed = {name.lower() for name in preflight.headers["access-control-allow-headers"].split(", ")}
    assert allowed >= {"authorization", "content-type", "idempotency-key", "last-event-id", "prefer"}
    refused = await ask(app, "POST", "/runs", HERE, FROM_APP)
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, APP)
    assert (await ask(app, "POST", "/runs", HERE, FROM_APP, ("authorization", f"Bearer {token}"))).status == 200


async def test_options_that_is_no_preflight_stays_refused() -> None:
    assert (await ask(gate(APP), "OPTIONS", "/x", HERE, FROM_APP)).status == 405


async def test_the_other_protections_stay_for_an_allowed_page() -> None:
    app = gate(APP)
    form = ("content-type", "text/plain")
    assert (await ask(app, "POST", "/x", HERE, FROM_APP, form, ("content-length", "2"))).status == 415
    assert (await ask(app, "POST", "/x", ("host", "evil.test"), FROM_APP)).status == 421
    assert (await ask(app, "OPTIONS", "/x", ("host", "evil.test"), FROM_APP, WANTS_POST)).status == 421


async def test_by_default_no_answer_speaks_of_origins() -> None:
    answer = await ask(gate(), "GET", "/x", HERE, FROM_APP)
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Accept"
    assert (await ask(gate(), "OPTIONS", "/x", HERE, FROM_APP, WANTS_POST)).status == 405


@pytest.mark.parametrize("origin", ["*", "null", "app.example", "https://app.example/", "ftp://a.b", "https://*.a.b"])
def test_what_is_no_whole_origin_does_not_start(origin: str) -> None:
    with pytest.raises(StartupError, match="PRESSRUN_CORS_ORIGINS"):
        CorsOrigins([origin])


async def test_a_default_port_and_capitals_mean_the_origin_that_browsers_send() -> None:
    assert (await ask(gate("HTTPS://App.Example:443"), "POST", "/x", HERE, FROM_APP)).status == 200
