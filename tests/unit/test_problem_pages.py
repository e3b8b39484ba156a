"""What a person's browser gets instead of a problem document, and the page that has a word of its own."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pressrun.api import pages
from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.gate.tokens import new_token, parse_tokens
from pressrun.api.problem_page import problem_page
from pressrun.api.routes import or_page
from pressrun.api.wire.problems import STATUS, exception_handlers, problem_body
from pressrun.errors import NotFound
from pressrun.telemetry import SecretMask
from tests.support.raw_asgi import ask

pytestmark = pytest.mark.anyio

HERE = ("host", "localhost")
NAVIGATES = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
ASKS = ("accept", "application/json")


async def _missing(_request: Request) -> Response:
    raise NotFound("no run <script>alert(1)</script>")


async def _fails(_request: Request) -> Response:
    return JSONResponse({"fine": True})


def gate(tokens: Sequence[str] = ()) -> Gate:
    app = Starlette(
        routes=[
            Route("/missing", _missing),
            Route("/fine", _fails),
            Route("/posts", _fails, methods=["POST"]),
            *(Route(path, or_page(_fails)) for path in ("/", "/runs", "/runs/{id}", "/other")),
        ],
        exception_handlers=exception_handlers(SecretMask([])),
    )
    return Gate(app, GateConfig(hosts=HostList("127.0.0.1"), tokens=parse_tokens(list(tokens))))


@pytest.mark.parametrize(
    ("path", "host", "status", "says"),
    [
        ("/missing", "localhost", 404, "no run &lt;script&gt;"),
        ("/posts", "localhost", 405, "This address is for programs"),
        ("/fine", "elsewhere.test", 421, "PRESSRUN_ALLOWED_HOSTS"),
    ],
)
async def test_a_browser_that_navigates_reads_a_page_and_a_program_the_problem_document(
    path: str, host: str, status: int, says: str
) -> None:
    page = await ask(gate(), "GET", path, ("host", host), NAVIGATES)
    assert (page.status, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    text = page.body.decode()
    assert says in text
    assert "<script" not in text
    assert "What you can do" in text
    assert int(page.headers["content-length"]) == len(page.body)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "accept" in page.headers["vary"].lower()
    told = await ask(gate(), "GET", path, ("host", host), ASKS)
    assert (told.status, told.headers["content-type"]) == (status, "application/problem+json")
    assert told.json()["status"] == status
    fine = await ask(gate(), "GET", "/fine", HERE, NAVIGATES)
    assert fine.json() == {"fine": True}, "what is no problem is as it was"


async def test_who_has_no_token_is_told_where_to_enter_it_at_any_address() -> None:
    _, line = new_token("kim")
    page = await ask(gate([line]), "GET", "/nowhere", HERE, NAVIGATES)
    assert page.status == 401
    assert 'href="/">The first page</a> asks for the token' in page.body.decode()
    assert page.headers["www-authenticate"].startswith("Bearer")
    assert (await ask(gate([line]), "GET", "/nowhere", HERE)).headers["content-type"] == "application/problem+json"


def test_every_status_has_something_to_do_next() -> None:
    body = problem_body(NotFound("it is gone"))
    for status in {*STATUS.values(), 418}:
        page = problem_page({**body, "status": status})
        assert len(re.findall("<li>", page)) >= 2, status


def test_the_remedy_of_an_error_is_the_first_thing_to_do() -> None:
    page = problem_page(problem_body(NotFound("it is gone")))
    assert re.findall("<li>(.*?)</li>", page)[0] == html.escape(NotFound.remedy)
    assert NotFound.remedy not in problem_page(
        {"status": 405, "title": "x", "detail": "y", "code": "method_not_allowed"}
    )


async def test_the_page_names_the_code_of_the_screen_that_its_address_has_and_of_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "WEB_ROOT", tmp_path)
    links = {"/": "compose.js", "/runs": "runs.js", "/runs/*": "run.js"}
    tmp_path.joinpath("index.html").write_text(
        "<head>"
        + "".join(f'    <link rel="modulepreload" href="/{js}" data-screen="{at}">\n' for at, js in links.items())
    )
    for path, wanted in (("/", ["compose.js"]), ("/runs", ["runs.js"]), ("/runs/01a2", ["run.js"]), ("/other", [])):
        page = (await ask(gate(), "GET", path, HERE, NAVIGATES)).body.decode()
        assert re.findall('href="/([a-z.]+)"', page) == wanted, path


@pytest.mark.parametrize(
    ("address", "tokens", "asked_for"),
    [("/runs", 0, True), ("/runs?status=error", 0, False), ("/runs", 1, False), ("/", 0, False)],
)
async def test_what_a_screen_asks_for_first_is_named_where_neither_filter_nor_token_belong_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, tokens: int, asked_for: bool
) -> None:
    monkeypatch.setattr(pages, "WEB_ROOT", tmp_path)
    link = '<link rel="preload" crossorigin href="/runs?limit=25&amp;counts=1" data-screen="/runs" as="fetch">'
    tmp_path.joinpath("index.html").write_text(f"<head>{link}")
    app = gate([new_token("kim")[1]] * tokens)
    page = (await ask(app, "GET", address, HERE, NAVIGATES)).body.decode()
    assert (link in page) == asked_for


async def test_the_page_of_the_ui_has_a_word_for_its_style_sheets_that_no_other_answer_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "WEB_ROOT", tmp_path)
    tmp_path.joinpath("index.html").write_text('<meta property="csp-nonce" nonce="STYLE-NONCE">')
    said = []
    for _ in range(2):
        answer = await ask(gate(), "GET", "/", HERE, NAVIGATES)
        found = re.search(r'nonce="([\w-]{22,})"', answer.body.decode())
        assert found is not None
        assert f"style-src 'self' 'nonce-{found[1]}';" in answer.headers["content-security-policy"]
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert "etag" not in answer.headers
        said.append(found[1])
    assert said[0] != said[1]
