from __future__ import annotations

from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.gate.tokens import new_token, parse_tokens
from pressrun.api.pages import UI_CSP
from pressrun.api.wire.file_headers import headers_for
from pressrun.errors import StartupError
from tests.support.gated import Victim
from tests.support.raw_asgi import HERE, ask

pytestmark = pytest.mark.anyio

JSON = ("content-type", "application/json")

LENGTH = ("content-length", "2")


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
