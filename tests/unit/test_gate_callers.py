"""Who a caller is by its token, what it may do, and that a gate which remembers heads answers as a new one."""

from __future__ import annotations

import gc
import random
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from pressrun.api.gate.cors import CorsOrigins
from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig, Head
from pressrun.api.gate.tokens import caller_of, new_token, parse_tokens
from tests.support.gated import Victim
from tests.support.raw_asgi import HERE, ask

pytestmark = pytest.mark.anyio


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
    for path in ("/runs", run, "/system"):
        assert (await victim.takes("GET", path, HERE, accept)).json() == {"caller": ""}
        assert (await victim.refuses("GET", path, HERE)).status == 401
        assert (await victim.refuses("DELETE", path, HERE, accept)).status == 401
    for path in (f"{run}/events", f"{run}/files/document.html", "/runs/current", "/runs/x", "/readyz"):
        assert (await ask(victim.app, "GET", path, HERE, accept)).status == 401  # a page: test_problem_pages.py
        assert (await victim.refuses("GET", path, HERE)).status == 401


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
