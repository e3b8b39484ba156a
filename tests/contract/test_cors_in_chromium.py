"""Pages from elsewhere in a real Chromium, against the real server: one that is allowed, one that is not."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.support.server import Server, cold, start_server
from tests.support.threaded_server import serve

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


async def _page(request: Request) -> Response:
    return HTMLResponse("<!doctype html><title>elsewhere</title>")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    with serve(Starlette(routes=[Route("/", _page)])) as port:
        yield port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, elsewhere: int) -> Iterator[Server]:
    """`localhost` may, `127.0.0.1` on the very same port may not."""
    origin = f"http://localhost:{elsewhere}"
    with start_server(tmp_path_factory.mktemp("cors") / "data", PRESSRUN_CORS_ORIGINS=origin, **cold()) as server:
        yield server


@pytest.fixture
def allowed(browser: Browser, elsewhere: int) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"http://localhost:{elsewhere}/")
    yield page
    page.close()


@pytest.fixture
def stranger(browser: Browser, elsewhere: int) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{elsewhere}/")
    yield page
    page.close()


POST = """([url, body, headers]) => fetch(url + '/generate-sse', {
  method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json', ...headers},
}).then(async r => ({status: r.status, location: r.headers.get('location'),
                     disposition: r.headers.get('run-disposition'), link: r.headers.get('link'),
                     retry: r.headers.get('retry-after'), type: r.headers.get('content-type'),
                     body: r.headers.get('content-type').startsWith('text/event-stream') ? null : await r.json()}),
        e => e.name)"""
FOLLOW = """url => new Promise((done, fail) => {
  const types = [], source = new EventSource(url + '?named=0');
  source.onmessage = e => { types.push(JSON.parse(e.data).type);
                            if (types.at(-1) === 'complete') { source.close(); done(types); } };
  source.onerror = () => { source.close(); fail(new Error('refused')); };
})"""


def test_an_allowed_page_starts_follows_and_reads_a_refusal(server: Server, allowed: Page) -> None:
    headers = {"Prefer": "respond-async", "Idempotency-Key": '"from elsewhere"'}
    started = allowed.evaluate(POST, [server.url, {"text": "# From elsewhere"}, headers])
    assert (started["status"], started["disposition"]) == (202, "started")
    refused = allowed.evaluate(POST, [server.url, {"text": "# From elsewhere"}, {}])
    assert (refused["status"], refused["body"]["operation_id"]) == (409, started["body"]["operation_id"])
    assert refused["link"] == f'<{started["location"]}>; rel="monitor"'
    assert int(refused["retry"]) > 0
    types = allowed.evaluate(FOLLOW, server.url + started["location"])
    assert (types[0], types[-1]) == ("snapshot", "complete")


def test_a_page_that_is_not_allowed_starts_and_reads_nothing(server: Server, stranger: Page) -> None:
    before = server_runs(server)
    assert stranger.evaluate(POST, [server.url, {"text": "# Stranger"}, {}]) == "TypeError"
    assert stranger.evaluate("url => fetch(url + '/runs').then(r => r.status, e => e.name)", server.url) == "TypeError"
    form = "url => fetch(url + '/generate-sse', {method: 'POST', mode: 'no-cors', body: '{}'}).catch(e => e.name)"
    stranger.evaluate(form, server.url)
    assert server_runs(server) == before


def server_runs(server: Server) -> int:
    return len(httpx.get(server.url + "/runs", params={"limit": 200}).json()["runs"])
