from __future__ import annotations

import gc
import random
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pressrun.api.gate.cors import CorsOrigins
from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig, Head
from pressrun.api.gate.tokens import caller_of, new_token, parse_tokens
from pressrun.api.wire.file_headers import UI_CSP, headers_for
from pressrun.errors import StartupError
from tests.support.raw_asgi import HERE, Answer, ask

pytestmark = pytest.mark.anyio

JSON = ("content-type", "application/json")
LENGTH = ("content-length", "2")


class Victim:
    """An app behind its gate that counts what comes through."""

    def __init__(self, *configured: str, bind: str = "127.0.0.1", **config: Any) -> None:
        self.reached: list[str] = []
        methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"]
        app = Starlette(
            routes=[
                Route("/document", self._document),
                Route("/unchanged", self._unchanged),
                Route("/{path:path}", self._anything, methods=methods),
            ]
        )
        self.app = Gate(app, GateConfig(hosts=HostList(bind, configured), **config))

    async def _anything(self, request: Request) -> Response:
        self.reached.append(f"{request.method} {request.scope['path']}")
        return JSONResponse({"caller": caller_of(request.scope).name})

    async def _document(self, request: Request) -> Response:
        return Response("<p>", headers=headers_for("document.html", "text/html"))

    async def _unchanged(self, request: Request) -> Response:
        return Response(status_code=304, headers={"ETag": '"1"'})

    async def refuses(self, *args: Any, **kwargs: Any) -> Answer:
        """The refusal; fails if the request came through."""
        before = len(self.reached)
        answer = await ask(self.app, *args, **kwargs)
        assert len(self.reached) == before
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status
        return answer

    async def takes(self, *args: Any, **kwargs: Any) -> Answer:
        before = len(self.reached)
        answer = await ask(self.app, *args, **kwargs)
        assert answer.status == 200, answer.body
        assert len(self.reached) == before + 1
        return answer


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:9999", "[::1]:8000", "[0:0:0:0:0:0:0:1]", "my.lan"]
)
async def test_loopback_names_and_configured_names_are_answered(host: str) -> None:
    await Victim("My.LAN").takes("GET", "/", ("host", host))


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "evil.test:8000",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "localhost.",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0.0.0.0",
        "[::]",
        "localhost:99999",
        "localhost:",
        "localhost@evil.test",
        "evil.test#localhost",
        "localhost evil.test",
        "10.0.0.5",
        "",
    ],
)
async def test_any_other_host_is_told_which_setting_would_admit_it(host: str) -> None:
    answer = await Victim().refuses("GET", "/livez", ("host", host))
    assert answer.status == 421
    assert "PRESSRUN_ALLOWED_HOSTS" in answer.json()["detail"]


@given(host=st.text(max_size=40))
def test_no_spelling_of_another_host_comes_through(host: str) -> None:
    name, _, port = host.lower().rpartition(":")
    if (name if port.isdecimal() and name else host.lower()) in {"localhost", "127.0.0.1", "[::1]"}:
        return
    answer = anyio.run(Victim().refuses, "GET", "/", ("host", host))
    assert answer.status == 421


async def test_a_server_on_every_address_answers_at_the_one_that_was_reached() -> None:
    victim = Victim(bind="0.0.0.0")
    await victim.takes("GET", "/", ("host", "192.168.1.5:8000"), server=("192.168.1.5", 8000))
    await victim.takes("GET", "/", ("host", "192.168.1.5:8000"), server=("::ffff:192.168.1.5", 8000))
    answer = await victim.refuses("GET", "/", ("host", "192.168.1.6:8000"), server=("192.168.1.5", 8000))
    assert answer.status == 421


async def test_a_bind_address_is_answered_and_a_configured_port_is_the_only_one() -> None:
    victim = Victim("print.lan:8443", bind="10.0.0.5")
    await victim.takes("GET", "/", ("host", "10.0.0.5:8000"))
    await victim.takes("GET", "/", ("host", "print.lan:8443"))
    assert (await victim.refuses("GET", "/", ("host", "print.lan:8000"))).status == 421


@pytest.mark.parametrize("entry", ["*", "*.lan", "ftp://print.lan", "print.lan/x", "print lan", ""])
def test_an_allowed_host_that_is_none_stops_the_start(entry: str) -> None:
    with pytest.raises(StartupError, match="PRESSRUN_ALLOWED_HOSTS"):
        HostList("127.0.0.1", [entry])


@pytest.mark.parametrize("hosts", [[], [HERE, HERE], [HERE, ("host", "evil.test")]])
async def test_a_request_has_exactly_one_host(hosts: list[tuple[str, str]]) -> None:
    assert (await Victim().refuses("GET", "/", *hosts)).status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://localhost",
        "http://localhost:8001",
        "https://localhost:8000",
        "http://127.0.0.1:8000",
        "http://evil.test",
        "http://localhost:8000.evil.test",
        "http://localhost:8000@evil.test",
        "http://evil.test/http://localhost:8000",
        "http://localhost:8000 http://evil.test",
        "file://",
        "chrome-extension://abc",
    ],
)
async def test_nothing_is_changed_for_a_page_of_another_origin(method: str, origin: str) -> None:
    assert (await Victim().refuses(method, "/runs/x", HERE, ("origin", origin))).status == 403


@pytest.mark.parametrize("origins", [[], ["http://localhost:8000"], ["HTTP://LOCALHOST:8000".lower()]])
async def test_our_own_page_and_a_script_without_origin_may_change_things(origins: list[str]) -> None:
    await Victim().takes("POST", "/runs/x", HERE, *[("origin", origin) for origin in origins])


async def test_two_origins_are_refused_even_when_both_are_ours() -> None:
    ours = ("origin", "http://localhost:8000")
    assert (await Victim().refuses("POST", "/runs/x", HERE, ours, ours)).status == 403


@given(
    origin=st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https", "ws", "file", "HTTP", ""]),
        st.sampled_from(["localhost", "127.0.0.1", "[::1]", "evil.test", "localhost.evil.test", "my.lan"]),
        st.sampled_from(["", ":80", ":443", ":8000", ":08000", ":0", "/", ":8000/", ".", ":8000:80"]),
    ),
    host=st.sampled_from(["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "my.lan", "my.lan:80"]),
)
@pytest.mark.slow
def test_only_the_same_scheme_host_and_port_is_our_origin(origin: str, host: str) -> None:
    def with_port(authority: str) -> str:
        return authority if authority.rpartition(":")[2].isdecimal() else f"{authority}:80"

    victim = Victim("my.lan")
    answer = anyio.run(ask, victim.app, "POST", "/", ("host", host), ("origin", origin))
    same = origin.startswith("http://") and with_port(origin[7:]) == with_port(host)
    assert (answer.status, len(victim.reached)) == ((200, 1) if same else (403, 0))


async def test_behind_a_proxy_that_speaks_tls_the_origin_is_https() -> None:
    victim = Victim("https://press.example")
    await victim.takes("POST", "/", ("host", "press.example"), ("origin", "https://press.example"))
    answer = await victim.refuses("POST", "/", ("host", "press.example"), ("origin", "http://press.example"))
    assert answer.status == 403


@pytest.mark.parametrize(("site", "status"), [("same-origin", 200), ("none", 200)])
async def test_a_browser_that_says_it_is_our_page_is_believed(site: str, status: int) -> None:
    await Victim().takes("POST", "/", HERE, ("sec-fetch-site", site))


@pytest.mark.parametrize("site", ["same-site", "cross-site", "", "Same-Origin, cross-site", "nonsense"])
async def test_a_browser_that_says_it_is_another_page_is_refused(site: str) -> None:
    assert (await Victim().refuses("POST", "/", HERE, ("sec-fetch-site", site))).status == 403


async def test_anybody_may_read_by_get_whatever_page_they_come_from() -> None:
    await Victim().takes("GET", "/runs", HERE, ("origin", "http://evil.test"), ("sec-fetch-site", "cross-site"))


@pytest.mark.parametrize(
    "path",
    ["/a/../b", "/..", "/a/..", "/a\\b", "/\x00", "/a\nb", "/a\x7f", "/a\x85b", "relative", "/..\\x", ""],
)
async def test_paths_that_climb_or_hold_controls_are_refused(path: str) -> None:
    assert (await Victim().refuses("GET", path, HERE)).status == 400


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("http://localhost:8000/generate-sse", "/generate-sse"),
        ("HTTP://LOCALHOST:8000/runs%2Dx", "/runs-x"),
        ("http://localhost:8000", "/"),
        ("https://localhost:8000/", "/"),
    ],
)
async def test_a_request_line_in_absolute_form_is_as_any_other(line: str, path: str) -> None:
    victim = Victim()
    await victim.takes("GET", line, HERE)
    await victim.takes("POST", line, HERE, JSON, LENGTH, body=b"{}")
    assert victim.reached == [f"GET {path}", f"POST {path}"]


@pytest.mark.parametrize(
    ("line", "host", "status"),
    [
        ("http://localhost:8000/x", "127.0.0.1:8000", 400),
        ("http://evil.test/x", "localhost:8000", 400),
        ("http://evil.test/x", "evil.test", 421),
        ("http://localhost:8000/x", "evil.test", 421),
        ("http://a@localhost:8000/x", "localhost:8000", 400),
        ("http://localhost:8000/../x", "localhost:8000", 400),
        ("ftp://localhost:8000/x", "localhost:8000", 400),
        ("http:///x", "localhost:8000", 400),
        ("localhost:8000", "localhost:8000", 400),
    ],
)
async def test_a_request_line_that_names_another_host_than_the_header_is_not_believed(
    line: str, host: str, status: int
) -> None:
    assert (await Victim().refuses("GET", line, ("host", host))).status == status


async def test_a_request_line_that_names_us_makes_no_foreign_page_ours() -> None:
    foreign = ("origin", "http://evil.test")
    answer = await Victim().refuses("POST", "http://localhost:8000/x", HERE, foreign, JSON, LENGTH, body=b"{}")
    assert answer.status == 403


async def test_options_for_the_whole_server_names_the_methods() -> None:
    answer = await Victim().refuses("OPTIONS", "*", HERE)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST, PUT, DELETE")


@pytest.mark.parametrize("path", ["/runs/..a", "/runs/a..b", "/runs/...", "/%2e%2e/x", "/ä ö", "//x"])
async def test_paths_that_only_look_like_it_come_through(path: str) -> None:
    await Victim().takes("GET", path, HERE)


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "X" * 1000])
async def test_other_methods_are_told_which_there_are(method: str) -> None:
    answer = await Victim().refuses(method, "/", HERE)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, POST, PUT, DELETE"
    assert len(answer.body) < 1000


async def test_a_head_of_16_kb_is_the_largest() -> None:
    size = 16 * 1024 - len("/") - len("host" + HERE[1]) - 4 - len("x") - 4
    await Victim().takes("GET", "/", HERE, ("x", "a" * size))
    assert (await Victim().refuses("GET", "/", HERE, ("x", "a" * (size + 1)))).status == 431


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    victim = Victim(max_body_bytes=1000)
    await victim.takes("POST", "/", HERE, JSON, ("content-length", "1000"))
    for length in ("1001", "9" * 18):
        answer = await victim.refuses("POST", "/", HERE, JSON, ("content-length", length))
        assert (answer.status, answer.receives) == (413, 0)


@pytest.mark.parametrize("length", ["-1", "1e3", "abc", "9" * 19, "1, 1", "0x10"])
async def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    assert (await Victim().refuses("POST", "/", HERE, JSON, ("content-length", length))).status == 400


async def test_a_length_together_with_chunks_is_refused() -> None:
    answer = await Victim().refuses("POST", "/", HERE, JSON, LENGTH, ("transfer-encoding", "chunked"))
    assert answer.status == 400


@pytest.mark.parametrize("framing", [LENGTH, ("transfer-encoding", "chunked")])
@pytest.mark.parametrize("sent", [None, "text/plain", "application/x-www-form-urlencoded", "text/json", "", "a/b"])
async def test_a_body_that_does_not_say_json_is_refused(framing: tuple[str, str], sent: str | None) -> None:
    headers = [] if sent is None else [("content-type", sent)]
    answer = await Victim().refuses("POST", "/", HERE, framing, *headers)
    assert answer.status == 415
    assert "application/json" in answer.json()["detail"]


async def test_two_content_types_are_refused_though_one_is_json() -> None:
    assert (await Victim().refuses("POST", "/", HERE, LENGTH, JSON, ("content-type", "text/plain"))).status == 400


@pytest.mark.parametrize("sent", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_a_body_that_says_json_comes_through(sent: str) -> None:
    await Victim().takes("POST", "/", HERE, LENGTH, ("content-type", sent))


async def test_a_form_upload_needs_our_header_or_a_token() -> None:
    form = ("content-type", "multipart/form-data; boundary=x")
    assert (await Victim().refuses("POST", "/", HERE, LENGTH, form)).status == 415
    assert (await Victim().refuses("POST", "/", HERE, LENGTH, form, ("authorization", "Bearer x"))).status == 415
    await Victim().takes("POST", "/", HERE, LENGTH, form, ("x-pressrun", "1"))
    token, line = new_token("robot")
    victim = Victim(tokens=parse_tokens([line]))
    await victim.takes("POST", "/", HERE, LENGTH, form, ("authorization", f"Bearer {token}"))


@pytest.mark.parametrize("host", ["localhost", "evil.test"])
async def test_what_is_taken_and_what_is_refused_both_carry_the_security_headers(host: str) -> None:
    headers = (await ask(Victim().app, "GET", "/", ("host", host))).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"] == UI_CSP
    assert "camera=()" in headers["permissions-policy"]


async def test_a_route_that_is_stricter_keeps_its_own_headers() -> None:
    answer = await ask(Victim().app, "GET", "/document", HERE)
    assert answer.headers.getlist("content-security-policy") == [
        headers_for("", "text/html")["Content-Security-Policy"]
    ]


async def test_a_304_carries_no_headers_that_could_replace_the_kept_ones() -> None:
    answer = await ask(Victim().app, "GET", "/unchanged", HERE)
    assert (answer.status, answer.headers.keys()) == (304, ["etag"])


async def test_a_websocket_is_closed_before_the_app_hears_of_it() -> None:
    sent: list[Any] = []

    async def never(*_: Any) -> Any:
        raise AssertionError("the app was reached")

    async def send(message: Any) -> None:
        sent.append(message)

    await Gate(never, GateConfig(hosts=HostList("127.0.0.1")))({"type": "websocket"}, never, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_without_tokens_the_caller_is_local() -> None:
    assert (await Victim().takes("POST", "/", HERE)).json() == {"caller": "local"}


async def test_with_tokens_only_the_ui_and_the_pulse_are_open() -> None:
    _, line = new_token("robot")
    victim = Victim(tokens=parse_tokens([line]))
    for path in ("/", "/livez", "/assets/app.js"):
        await victim.takes("GET", path, HERE)
        assert (await victim.refuses("POST", path, HERE)).status == 401
    for path in ("/runs", "/readyz", "/metrics", "/openapi.json", "/livez/", "/assets", "//"):
        answer = await victim.refuses("GET", path, HERE)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_with_tokens_a_browser_that_navigates_gets_the_uis_page_and_a_program_is_asked_for_one() -> None:
    victim = Victim(tokens=parse_tokens([new_token("robot")[1]]))
    accept = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    run = "/runs/01890a5d-ac96-774b-bcce-b302099a8057"
    for path in ("/runs", run):
        assert (await victim.takes("GET", path, HERE, accept)).json() == {"caller": ""}
        assert (await victim.refuses("GET", path, HERE)).status == 401
        assert (await victim.refuses("DELETE", path, HERE, accept)).status == 401
    for path in (f"{run}/events", f"{run}/files/document.html", "/runs/current", "/runs/x", "/readyz"):
        assert (await victim.refuses("GET", path, HERE, accept)).status == 401


async def test_a_token_names_its_caller() -> None:
    (one, line_one), (two, line_two) = new_token("one"), new_token("two")
    victim = Victim(tokens=parse_tokens([line_one, line_two]))
    for token, name in ((one, "one"), (two, "two")):
        answer = await victim.takes("POST", "/", HERE, ("authorization", f"bearer {token}"))
        assert answer.json() == {"caller": name}


@pytest.mark.parametrize("value", ["Bearer ", "Bearer nonsense", "Basic {}", "{}", "Bearer {}x", "Bearer {} {}"])
async def test_a_token_that_is_not_quite_right_is_refused(value: str) -> None:
    token, line = new_token("robot")
    victim = Victim(tokens=parse_tokens([line]))
    answer = await victim.refuses("GET", "/runs", HERE, ("authorization", value.replace("{}", token)))
    assert answer.status == 401
    assert token not in answer.body.decode()


async def test_two_authorizations_are_none() -> None:
    token, line = new_token("robot")
    good = ("authorization", f"Bearer {token}")
    assert (await Victim(tokens=parse_tokens([line])).refuses("GET", "/runs", HERE, good, good)).status == 401


@pytest.mark.parametrize(
    ("scope", "may"), [("read", {"GET"}), ("run", {"POST", "DELETE"}), ("admin", {"GET", "POST", "DELETE"})]
)
async def test_a_token_may_do_what_its_scopes_say(scope: Any, may: set[str]) -> None:
    token, line = new_token("robot", [scope])
    victim = Victim(tokens=parse_tokens([line]))
    for method in ("GET", "POST", "DELETE"):
        head = (method, "/runs", HERE, ("authorization", f"Bearer {token}"))
        if method in may:
            await victim.takes(*head)
        else:
            assert (await victim.refuses(*head)).status == 403


async def test_a_token_does_not_excuse_another_pages_request() -> None:
    token, line = new_token("robot")
    victim = Victim(tokens=parse_tokens([line]))
    head = (HERE, ("authorization", f"Bearer {token}"), ("origin", "http://evil.test"))
    assert (await victim.refuses("POST", "/runs", *head)).status == 403


READER, READER_LINE = new_token("ada", ["read"])
ROBOT, ROBOT_LINE = new_token("eve")
TOKENS = parse_tokens([READER_LINE, ROBOT_LINE])
CONFIGS = [
    GateConfig(hosts=HostList("127.0.0.1", ["my.lan"])),
    GateConfig(hosts=HostList("0.0.0.0"), cors=CorsOrigins(["https://app.example"]), max_header_bytes=200),
    GateConfig(hosts=HostList("127.0.0.1"), tokens=TOKENS, cors=CorsOrigins(["https://app.example"])),
]
HEADERS = {
    "host": ["localhost:8000"],
    "origin": ["http://localhost:8000", "https://app.example", "http://evil.test", "null"],
    "sec-fetch-site": ["same-origin", "cross-site"],
    "content-type": ["application/json", "text/plain", "multipart/form-data; boundary=x"],
    "content-length": ["0", "2", "99999999999"],
    "content-encoding": ["gzip"],
    "transfer-encoding": ["chunked"],
    "authorization": [f"Bearer {READER}", f"Bearer {ROBOT}", "Bearer x", "Basic x"],
    "accept": ["text/html", "*/*"],
    "access-control-request-method": ["POST"],
    "x-pressrun": ["1"],
    "x": ["a" * 100],
}
METHODS = st.sampled_from(["POST", "GET", "DELETE", "OPTIONS", "PATCH"])
PATHS = st.sampled_from(["/generate-sse", "/", "/runs", "/a/../b", "/assets/x"])
REACHED = st.sampled_from(["127.0.0.1", "192.168.1.5"])
HEADER = st.sampled_from([(name, value) for name, values in HEADERS.items() for value in values])


@st.composite
def near_heads(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """A head that is let in, or nearly so, and some that differ from it in one thing each."""
    head = (draw(METHODS), draw(PATHS), "127.0.0.1", draw(st.lists(HEADER, max_size=2)))
    heads = [head]
    for _ in range(draw(st.integers(1, 8))):
        method, path, reached, headers = head
        what = draw(st.sampled_from(["method", "path", "reached", "header", "header", "header"]))
        method = draw(METHODS) if what == "method" else method
        path = draw(PATHS) if what == "path" else path
        reached = draw(REACHED) if what == "reached" else reached
        headers = [*headers, draw(HEADER)] if what == "header" else headers
        heads.append((method, path, reached, headers))
    return heads


async def tell_caller(scope: Scope, receive: Receive, send: Send) -> None:
    caller = caller_of(scope)
    await JSONResponse({"caller": caller.name, "scopes": sorted(caller.scopes)})(scope, receive, send)


@settings(deadline=None)
@given(st.sampled_from(CONFIGS), near_heads(), st.randoms())
def test_a_gate_that_remembers_answers_as_one_that_has_just_been_built(
    config: GateConfig, heads: list[Any], chance: random.Random
) -> None:
    asked = [*heads, *heads]
    chance.shuffle(asked)

    async def compare() -> None:
        remembering = Gate(tell_caller, config)
        for method, path, reached, headers in asked:
            sent = [HERE, *headers]
            first = await ask(remembering, method, path, *sent, server=(reached, 8000))
            second = await ask(Gate(tell_caller, config), method, path, *sent, server=(reached, 8000))
            assert (first.status, first.headers.raw, first.body) == (second.status, second.headers.raw, second.body)

    anyio.run(compare)


async def test_a_gate_keeps_no_token_and_not_more_than_so_many_heads() -> None:
    victim = Victim(tokens=TOKENS)
    for number in range(300):
        await victim.takes("GET", "/runs", HERE, ("authorization", f"Bearer {ROBOT}"), ("x", str(number)))
    gc.collect()
    remembered = victim.app._judge.cache_info()
    assert remembered.currsize == remembered.maxsize == 128
    kept = [item for item in gc.get_objects() if isinstance(item, Head)]
    assert kept
    assert not any(ROBOT.encode() in value for head in kept for _, value in head.headers)
    # the very same head, once with another token and once with none
    assert (await victim.takes("GET", "/runs", HERE, ("authorization", f"Bearer {READER}"))).json()["caller"] == "ada"
    assert (await victim.refuses("POST", "/runs", HERE, ("authorization", f"Bearer {READER}"))).status == 403
    assert (await victim.takes("POST", "/runs", HERE, ("authorization", f"Bearer {ROBOT}"))).json()["caller"] == "eve"
    assert (await victim.refuses("POST", "/runs", HERE)).status == 401
