"""The gate and the file headers against a real Chromium: what a hostile page can send, and what comes of it.

`outer` records what reached the socket, so that no attack counts as stopped that the browser never sent; `inner`
records what came through the gate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Download, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.wire.file_headers import headers_for
from tests.support.chromium import open_chromium
from tests.support.recorder import Recorder
from tests.support.threaded_server import serve

pytestmark = [pytest.mark.chromium]

EVIL = "evil.test"
EVIL_HOME = "/evil-home"
LOOSE = {
    "Content-Type": "text/html",
    "Content-Security-Policy": "img-src *",
    "Cross-Origin-Opener-Policy": "unsafe-none",
}

UI_PAGE = """<!doctype html><title>ui</title><script src="/assets/ui.js"></script>
<script>document.title = "inline ran"</script><body>ui"""
UI_SCRIPT = "window.uiRan = true;"


@dataclass
class Servers:
    """A Pressrun-like victim behind its gate, and somebody else's server on another port."""

    victim: int
    attacker: int
    outer: Recorder
    inner: Recorder
    other: Recorder
    files: dict[str, tuple[str, dict[str, str]]]

    def forget(self) -> None:
        for record in (self.outer.seen, self.inner.seen, self.other.seen, self.files):
            record.clear()


@dataclass
class World(Servers):
    """Both servers with nothing seen yet, and a page in a fresh context."""

    page: Page

    def assert_nothing_came_through(self, *, status: int) -> None:
        sent = self.outer.unsafe()
        assert sent, "the browser sent nothing, so this proves nothing"
        assert {entry.status for entry in sent} == {status}
        assert self.inner.unsafe() == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_chromium(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1") as browser:
        yield browser


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    files: dict[str, tuple[str, dict[str, str]]] = {}

    async def anything(request: Request) -> Response:
        if request.url.path in files:
            content, headers = files[request.url.path]
            unchanged = request.headers.get("if-none-match", "") == headers.get("ETag")
            return (
                Response(status_code=304, headers={"ETag": headers["ETag"]})
                if unchanged
                else Response(content, headers=headers)
            )
        if request.url.path == "/assets/ui.js":
            return Response(UI_SCRIPT, media_type="text/javascript")
        return HTMLResponse(UI_PAGE) if request.method == "GET" else JSONResponse({"done": True})

    async def elsewhere(request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>evil</title><body>")

    methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
    inner = Recorder(Starlette(routes=[Route("/{path:path}", anything, methods=methods)]))
    outer = Recorder(Gate(inner, GateConfig(hosts=HostList("127.0.0.1"))))
    other = Recorder(Starlette(routes=[Route("/{path:path}", elsewhere, methods=methods)]))
    with serve(_before_rebinding(outer)) as victim, serve(other) as attacker:
        yield Servers(victim, attacker, outer, inner, other, files)


@pytest.fixture
def world(browser: Browser, servers: Servers) -> Iterator[World]:
    servers.forget()
    context = browser.new_context()
    yield World(**vars(servers), page=context.new_page())
    context.close()


def _before_rebinding(app: ASGIApp) -> ASGIApp:
    """`app`, but for one page that the attacker's own server had served before its name came to mean us."""
    home = HTMLResponse("<!doctype html><title>evil</title><body>")

    async def first(scope: Scope, receive: Receive, send: Send) -> None:
        await (home if scope.get("path") == EVIL_HOME else app)(scope, receive, send)

    return first


FETCH = """([url, options]) => fetch(url, options).then(r => r.type === 'opaque' ? 'opaque' : r.status, e => e.name)"""

FORM = """([url, enctype]) => {
  const form = document.createElement('form');
  Object.assign(form, {method: 'post', action: url, enctype});
  const field = document.createElement('input');
  Object.assign(field, {name: '{"text":"', value: '"}'});
  form.append(field);
  document.body.append(form);
  form.submit();
}"""


def submit_form(world: World, url: str, enctype: str) -> None:
    with world.page.expect_navigation():
        world.page.evaluate(FORM, [url, enctype])


@pytest.mark.parametrize("enctype", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_form_on_another_page_starts_nothing(world: World, host: str, enctype: str) -> None:
    world.page.goto(f"http://{host}:{world.attacker}/")
    submit_form(world, f"http://127.0.0.1:{world.victim}/generate-sse", enctype)
    world.assert_nothing_came_through(status=403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize(
    "options",
    [
        {"method": "POST", "mode": "no-cors"},
        {"method": "POST", "mode": "no-cors", "body": '{"text":"x"}', "headers": {"Content-Type": "text/plain"}},
        {"method": "POST", "mode": "no-cors", "body": '{"text":"x"}', "credentials": "include", "keepalive": True},
    ],
    ids=["without body", "JSON as text", "keepalive"],
)
def test_a_fetch_that_needs_no_preflight_starts_nothing(world: World, host: str, options: dict[str, object]) -> None:
    world.page.goto(f"http://{host}:{world.attacker}/")
    answer = world.page.evaluate(FETCH, [f"http://127.0.0.1:{world.victim}/runs/x/cancel", options])
    assert answer in {"opaque", "TypeError"}
    world.assert_nothing_came_through(status=403)


@pytest.mark.parametrize(
    "options",
    [
        {"method": "POST", "body": "{}", "headers": {"Content-Type": "application/json"}},
        {"method": "POST", "body": "{}", "headers": {"X-Pressrun": "1"}},
        {"method": "DELETE"},
    ],
    ids=["JSON", "our header", "DELETE"],
)
def test_a_fetch_with_preflight_gets_no_further_than_the_preflight(world: World, options: dict[str, object]) -> None:
    world.page.goto(f"http://localhost:{world.attacker}/")
    answer = world.page.evaluate(FETCH, [f"http://127.0.0.1:{world.victim}/generate-sse", options])
    assert answer == "TypeError"
    assert {entry.method for entry in world.outer.unsafe()} == {"OPTIONS"}
    world.assert_nothing_came_through(status=405)


def test_a_beacon_starts_nothing(world: World) -> None:
    world.page.goto(f"http://localhost:{world.attacker}/")
    url = f"http://127.0.0.1:{world.victim}/generate-sse"
    assert world.page.evaluate("url => navigator.sendBeacon(url, 'x')", url)
    world.outer.wait_for_unsafe()
    world.assert_nothing_came_through(status=403)


def test_a_sandboxed_frame_starts_nothing(world: World) -> None:
    url = f"http://127.0.0.1:{world.victim}/generate-sse"
    world.page.goto(f"http://localhost:{world.attacker}/")
    world.page.evaluate(
        """url => {
          const frame = document.createElement('iframe');
          frame.sandbox = 'allow-forms allow-scripts';
          frame.srcdoc = `<form method=post action="${url}"></form><script>document.forms[0].submit()</script>`;
          document.body.append(frame);
        }""",
        url,
    )
    world.outer.wait_for_unsafe()
    assert [entry.headers["origin"] for entry in world.outer.unsafe()] == ["null"]
    world.assert_nothing_came_through(status=403)


def test_our_own_server_under_its_other_name_is_another_page(world: World) -> None:
    world.files["/loose"] = ("<!doctype html>", LOOSE)  # the UI's own policy would stop the browser from asking
    world.page.goto(f"http://localhost:{world.victim}/loose")
    options = {"method": "POST", "mode": "no-cors"}
    world.page.evaluate(FETCH, [f"http://127.0.0.1:{world.victim}/runs/x/cancel", options])
    world.assert_nothing_came_through(status=403)


def test_a_rebound_name_reaches_nothing_not_even_by_get(world: World) -> None:
    """The page is `evil.test` on our port; then the name points to us, and to the browser all is one origin."""
    world.page.goto(f"http://{EVIL}:{world.victim}{EVIL_HOME}")
    options = {"method": "POST", "body": '{"text":"x"}', "headers": {"Content-Type": "application/json"}}
    assert world.page.evaluate(FETCH, ["/generate-sse", options]) == 421
    assert world.page.evaluate(FETCH, ["/runs", {}]) == 421
    for post in world.outer.unsafe():  # Chromium tries a 421 once more on a fresh connection
        assert post.headers["origin"] == f"http://{post.headers['host']}"
        assert "sec-fetch-site" not in post.headers
    world.assert_nothing_came_through(status=421)
    assert world.inner.seen == []


def test_our_own_page_may_do_all_of_it(world: World) -> None:
    world.page.goto(f"http://127.0.0.1:{world.victim}/")
    json_post = {"method": "POST", "body": '{"text":"x"}', "headers": {"Content-Type": "application/json"}}
    assert world.page.evaluate(FETCH, ["/generate-sse", json_post]) == 200
    assert world.page.evaluate(FETCH, ["/runs/x/cancel", {"method": "POST"}]) == 200
    assert world.page.evaluate(FETCH, ["/runs/x", {"method": "DELETE"}]) == 200
    upload = """header => {
      const form = new FormData();
      form.append('files', new Blob(['x']), 'x.pdf');
      return fetch('/generate-sse', {method: 'POST', body: form, headers: header}).then(r => r.status);
    }"""
    assert world.page.evaluate(upload, {"X-Pressrun": "1"}) == 200
    assert world.page.evaluate(upload, {}) == 415


def test_the_ui_runs_its_own_script_and_no_other(world: World) -> None:
    world.page.goto(f"http://127.0.0.1:{world.victim}/")
    assert world.page.evaluate("window.uiRan") is True
    assert world.page.title() == "ui"
    inject = "() => { try { document.body.innerHTML = '<img src=x>'; return 'set' } catch (e) { return e.name } }"
    assert world.page.evaluate(inject) == "TypeError"


def test_no_other_page_can_frame_the_ui(world: World) -> None:
    world.page.goto(f"http://localhost:{world.attacker}/")
    frame_it = """url => new Promise(done => {
      const frame = document.createElement('iframe');
      frame.src = url; frame.onload = done; document.body.append(frame);
    })"""
    world.page.evaluate(frame_it, f"http://127.0.0.1:{world.victim}/")
    assert [entry.path for entry in world.inner.seen] == ["/"]  # the script of the page was never asked for


def hostile_html(elsewhere: str, here: str) -> str:
    """Everything that makes a browser ask for something, to both servers; each way has a name in its path."""
    ways = []
    for base in (elsewhere, here):
        ways.append(f"""
          <link rel=stylesheet href="{base}/x/link"><link rel=prefetch href="{base}/x/prefetch">
          <link rel=preload as=image href="{base}/x/preload"><link rel=icon href="{base}/x/icon">
          <style>@import "{base}/x/import"; body {{ background: url({elsewhere}/x/background) }}
            @font-face {{ font-family: f; src: url({base}/x/font) }} body {{ font-family: f }}</style>
          <script src="{base}/x/script"></script>
          <script>fetch("{base}/x/fetch"); fetch("{base}/x/post", {{method: "POST", mode: "no-cors", body: "x"}});
            new Image().src = "{base}/x/script-image"; navigator.sendBeacon("{base}/x/beacon");
            new EventSource("{base}/x/events"); </script>
          <iframe src="{base}/x/frame"></iframe><object data="{base}/x/object"></object><embed src="{base}/x/embed">
          <video src="{base}/x/video"></video><audio src="{base}/x/audio"></audio>
          <svg><image href="{base}/x/svg-image"/><use href="{base}/x/use#a"/></svg>
          <form method=post action="{base}/x/form" target=_blank><input name=a></form>
          <script>document.forms[0].submit(); open("{base}/x/open")</script>
          <img src="{base}/x/img"><input type=image src="{base}/x/input"><video poster="{base}/x/poster"></video>
          <img src=data: onerror='new Image().src = "{base}/x/handler"'>""")
    refresh = f'<meta http-equiv=refresh content="0; url={elsewhere}/x/refresh">'
    return f"<!doctype html><body>{''.join(ways)}{refresh}"


def hostile_svg(elsewhere: str) -> str:
    return f"""<svg xmlns="http://www.w3.org/2000/svg">
      <script>fetch("{elsewhere}/x/fetch", {{mode: "no-cors"}})</script>
      <image href="{elsewhere}/x/image" width="9" height="9"/><style>@import "{elsewhere}/x/import";</style></svg>"""


def requests_of(world: World, path: str) -> set[str]:
    """What the two servers are asked for when `path` is opened, except for itself."""
    world.page.goto(f"http://127.0.0.1:{world.victim}{path}", wait_until="networkidle")
    return {entry.path for entry in [*world.outer.seen, *world.other.seen]} - {path, "/favicon.ico"}


def test_a_hostile_document_asks_for_nothing_but_pictures_of_our_own(world: World) -> None:
    path = "/runs/x/files/document.html"
    here, elsewhere = f"http://127.0.0.1:{world.victim}", f"http://localhost:{world.attacker}"
    world.files[path] = (hostile_html(elsewhere, here), headers_for("document.html", "text/html", inline=True))
    asked = requests_of(world, path)
    assert world.other.seen == []
    assert world.outer.unsafe() == []
    # `img-src 'self'`: the document's own pictures, by GET, which changes nothing.
    assert asked <= {f"/x/{way}" for way in ("img", "input", "poster", "svg-image", "preload", "prefetch")}
    assert world.page.url.endswith(path)
    assert world.page.context.pages == [world.page]


def test_a_document_that_is_still_fresh_keeps_its_sandbox(world: World) -> None:
    """A 304 replaces the headers of what the browser has kept: one with the UI's policy would lift the document's."""
    path = "/runs/x/files/document.html"
    fenced = headers_for("document.html", "text/html", inline=True)
    world.files[path] = ("<!doctype html>", fenced | {"ETag": '"1"', "Cache-Control": "private, no-cache"})
    for status in (200, 304):
        world.page.goto(f"http://127.0.0.1:{world.victim}{path}")
        assert (world.outer.seen[-1].path, world.outer.seen[-1].status) == (path, status)
        assert world.page.evaluate("self.origin") == "null"


def test_the_same_document_without_its_headers_asks_for_much(world: World) -> None:
    """Keeps the test above honest: the document is hostile."""
    path = "/runs/x/files/document.html"
    here, elsewhere = f"http://127.0.0.1:{world.victim}", f"http://localhost:{world.attacker}"
    loose = {
        "Content-Type": "text/html",
        "Content-Security-Policy": "img-src *",
        "Cross-Origin-Opener-Policy": "unsafe-none",
    }
    world.files[path] = (hostile_html(elsewhere, here), loose)
    ways = {asked.removeprefix("/x/") for asked in requests_of(world, path)}
    assert ways >= {
        "link",
        "import",
        "script",
        "fetch",
        "post",
        "frame",
        "img",
        "poster",
        "handler",
        "beacon",
        "video",
        "refresh",
    }


def download(world: World, path: str) -> Download:
    with world.page.expect_download() as started:
        world.page.evaluate("path => { location.href = path }", path)
    return started.value


@pytest.mark.parametrize(("name", "media_type"), [("a.svg", "image/svg+xml"), ("a.xml", "text/xml"), ("a.x", "a/b")])
def test_hostile_svg_and_xml_are_downloads_that_ask_for_nothing(world: World, name: str, media_type: str) -> None:
    path = f"/runs/x/files/{name}"
    svg = hostile_svg(f"http://localhost:{world.attacker}")
    world.files[path] = (svg, headers_for(name, media_type, inline=True))
    world.page.goto(f"http://127.0.0.1:{world.victim}/")
    saved = download(world, path)
    assert saved.suggested_filename == name
    assert saved.path().read_text() == svg
    world.page.wait_for_load_state("networkidle")
    assert world.other.seen == []


def test_the_same_svg_without_its_headers_asks_for_much(world: World) -> None:
    path = "/runs/x/files/a.svg"
    loose = LOOSE | {"Content-Type": "image/svg+xml"}
    world.files[path] = (hostile_svg(f"http://localhost:{world.attacker}"), loose)
    assert requests_of(world, path) >= {"/x/fetch", "/x/image"}


def test_a_document_is_a_download_unless_asked_for_inline(world: World) -> None:
    path = "/runs/x/files/document.html"
    world.files[path] = ("<!doctype html>", headers_for("document.html", "text/html"))
    world.page.goto(f"http://127.0.0.1:{world.victim}/")
    assert download(world, path).suggested_filename == "document.html"
