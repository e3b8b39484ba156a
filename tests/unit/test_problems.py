from __future__ import annotations

import importlib
import json
import logging
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

import pressrun
from pressrun import errors
from pressrun.api import pages
from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.wire.problems import STATUS, exception_handlers, problem_body, problem_headers, problem_response
from pressrun.api.wire.schemas import AdmissionFields
from pressrun.cli.commands import app
from pressrun.errors import CallerLimit, Conflict, NotFound, PressrunError, ServerBusy
from pressrun.request_errors import FieldErrors, MethodNotAllowed, Unauthorized
from pressrun.runs.rejection import LanePaused, RunRejected
from pressrun.settings import Settings
from pressrun.spec import RunSpec
from pressrun.telemetry import SecretMask, configure_logging
from pressrun.themes.catalog import BadTheme
from tests.support.logs import captured_log
from tests.support.threaded_server import serve

SECRET = "canary-in-an-exception"
_TREE = {"pressrun.errors", "pressrun.request_errors"}


def subclasses(error: type[PressrunError]) -> Iterator[type[PressrunError]]:
    yield error
    for child in error.__subclasses__():
        yield from subclasses(child)


def product_errors() -> list[type[PressrunError]]:
    for module in pkgutil.walk_packages(pressrun.__path__, "pressrun."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [error for error in subclasses(PressrunError) if error.__module__.startswith("pressrun.")]


def test_every_error_has_a_status_and_every_status_an_error() -> None:
    codes = {error.code for error in product_errors()}
    assert codes - STATUS.keys() == set()
    assert STATUS.keys() - codes == set()
    assert set(STATUS.values()) <= {status.value for status in HTTPStatus}


def test_every_error_of_the_tree_has_a_code_of_its_own() -> None:
    """A class elsewhere may refine one of them and keep its code (as `ai.wire.AnswerCut`); none may take another's."""
    errors = product_errors()
    declared = [vars(error)["code"] for error in errors if "code" in vars(error)]
    assert len(set(declared)) == len(declared)
    assert [error for error in errors if error.__module__ in _TREE and "code" not in vars(error)] == []


def test_every_code_has_a_remedy_of_its_own_that_names_what_there_is() -> None:
    """The docs site lists them: docs/errors.md."""
    declared = [error for error in product_errors() if "code" in vars(error)]
    assert [error.code for error in declared if len(vars(error).get("remedy", "")) < 20] == []
    told = "\n".join(error.remedy for error in declared)
    assert {*re.findall(r"PRESSRUN_[A-Z_]+[A-Z]\b(?!…|_)", told)} <= Settings.variables().keys()
    named = {*re.findall(r"`pressrun ([a-z-]+)", told)}
    assert named
    assert named <= {*app}
    fields = {*RunSpec.model_fields, *AdmissionFields.model_fields}
    assert {*re.findall(r"\b([a-z_]+)=", told)} <= fields


def test_the_tree_that_errors_py_draws_is_the_tree() -> None:
    lines = (errors.__doc__ or "").splitlines()
    drawn = [line for line in lines if re.search("[├└]── ", line) and "(in runs/" not in line]
    names = [line.partition("── ")[2].split()[0] for line in drawn]
    tree = [error.__name__ for error in subclasses(PressrunError) if error.__module__ in _TREE]
    assert sorted(["PressrunError", *names]) == sorted(tree)


def test_a_problem_says_the_same_to_old_and_new_clients() -> None:
    body = problem_body(NotFound("There is no run x."))
    assert body == {
        "type": "/problems/not-found",
        "title": "There is no such thing here",
        "status": 404,
        "detail": "There is no run x.",
        "code": "not_found",
        "message": "There is no run x.",
        "error": "There is no run x.",
    }


def test_field_errors_are_listed() -> None:
    errors = FieldErrors([{"field": "zoom", "problem": "is too much", "valid": "0.5..10"}])
    body = problem_body(errors)
    assert body["status"] == 422
    assert body["errors"] == [{"field": "zoom", "problem": "is too much", "valid": "0.5..10"}]
    assert body["detail"] == "zoom: is too much"


def test_headers_say_when_to_come_back_what_is_allowed_and_how_to_be_known() -> None:
    assert problem_headers(ServerBusy(retry_after_s=7))["Retry-After"] == "7"
    assert problem_headers(CallerLimit(retry_after_s=3))["Retry-After"] == "3"
    assert problem_body(CallerLimit())["status"] == HTTPStatus.TOO_MANY_REQUESTS
    assert problem_headers(MethodNotAllowed("PUT", ("GET", "HEAD")))["Allow"] == "GET, HEAD"
    assert problem_headers(Unauthorized())["WWW-Authenticate"].startswith("Bearer")
    assert problem_headers(NotFound())["Cache-Control"] == "no-store"


def instances() -> Iterator[PressrunError]:
    """One of each error that an answer can be made of."""
    by_hand: dict[type[PressrunError], PressrunError] = {
        FieldErrors: FieldErrors([]),
        MethodNotAllowed: MethodNotAllowed("PUT", ()),
        BadTheme: BadTheme(Path("theme.css"), "is missing", "write it"),
        LanePaused: LanePaused("bulk", datetime(2026, 11, 29, tzinfo=UTC)),
    }
    for error in product_errors():
        if error is not RunRejected:  # it names a run, and guesses when that will have ended
            yield by_hand.get(error) or error("x")


def test_a_refusal_that_passes_by_itself_says_when_and_no_other_does() -> None:
    """`STATUS` and the errors' `retryable` are the table; clients repeat what has a Retry-After, and nothing else."""
    told = {error.code: problem_headers(error) for error in instances()}
    retryable = {error.code for error in instances() if error.retryable}
    assert {code for code, headers in told.items() if "Retry-After" in headers} == retryable
    assert {code for code in told if STATUS[code] in {429, 503, 507}} <= retryable
    conflicts = {code for code in told if STATUS[code] == 409}
    assert conflicts & retryable == set()
    assert {code for code, headers in told.items() if headers.get("x-should-retry") == "false"} == conflicts


def test_a_paused_lane_is_a_conflict_that_names_the_lane_and_what_to_do() -> None:
    paused = LanePaused("bulk", datetime(2026, 11, 29, 8, tzinfo=UTC))
    body = problem_body(paused)
    assert (body["status"], body["code"], body["reason"], body["lane"]) == (409, "lane_paused", "lane_paused", "bulk")
    assert body["paused_at"] == "2026-11-29T08:00:00Z"
    assert body["policies"] == ["queue", "replace"]
    assert body["resume_url"] == "/lanes/bulk/resume"
    assert "on_busy=queue" in body["detail"]


class TellsMore(Conflict):
    """This one tells more."""

    def problem_extra(self) -> dict[str, object]:
        return {"title": "Another run is in progress", "reason": "in_flight"}

    def problem_headers(self) -> dict[str, str]:
        return {"Link": "</runs/x/events>; rel=monitor"}


def test_an_error_may_add_its_own_members_and_headers() -> None:
    response = problem_response(TellsMore("Busy."))
    body = json.loads(response.body)
    assert (body["title"], body["reason"], body["status"]) == ("Another run is in progress", "in_flight", 409)
    assert response.headers["link"] == "</runs/x/events>; rel=monitor"
    assert response.headers["content-type"] == "application/problem+json"


def test_half_a_utf16_pair_in_a_message_is_sent_as_json_spells_it() -> None:
    response = problem_response(NotFound("no \ud800 here"))
    assert b"no \\ud800 here" in response.body
    assert json.loads(response.body)["detail"] == "no \ud800 here"


def test_a_secret_in_a_message_is_masked() -> None:
    response = problem_response(NotFound(f"it was {SECRET}"), SecretMask([SECRET]))
    assert json.loads(response.body)["detail"] == "it was [secret]"


async def _boom(request: Request) -> Response:
    raise RuntimeError(SECRET)


async def _teapot(request: Request) -> Response:
    raise HTTPException(418, detail=SECRET, headers={"X-Tea": "green"})


async def _not_found(request: Request) -> Response:
    raise NotFound("No run of that name.")


def application() -> ASGIApp:
    routes = [
        Route("/boom", _boom),
        Route("/teapot", _teapot),
        Route("/runs/x", _not_found),
        Route("/get", _not_found, methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers=exception_handlers(SecretMask()))
    return Gate(app, GateConfig(hosts=HostList("127.0.0.1")))


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serve(application()) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/runs/x", 404, "not_found"),
        ("POST", "/get", 405, "method_not_allowed"),
        ("GET", "/teapot", 418, "i_m_a_teapot"),
    ],
)
def test_whatever_goes_wrong_the_answer_is_a_problem(
    base_url: str, method: str, path: str, status: int, code: str
) -> None:
    answer = httpx.request(method, base_url + path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status
    assert SECRET not in answer.text


def test_a_person_whose_browser_goes_nowhere_is_told_so_by_the_ui(
    base_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "WEB_ROOT", tmp_path)
    tmp_path.joinpath("index.html").write_text("<!doctype html><title>Pressrun</title>")
    answer = httpx.get(base_url + "/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_method_that_a_route_lacks_is_answered_with_those_it_has(base_url: str) -> None:
    answer = httpx.post(base_url + "/get")
    assert {method.strip() for method in answer.headers["allow"].split(",")} == {"GET", "HEAD"}


def test_an_unforeseen_error_is_an_incident_that_is_in_the_log_once() -> None:
    # The log is read when the server has ended: it reports the error itself, later than it answers.
    with captured_log() as log:
        with serve(application()) as port:
            answer = httpx.get(f"http://127.0.0.1:{port}/boom")
        [line] = [line for line in log.lines() if "exception" in line]
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"]
    assert SECRET not in answer.text
    assert line["incident"] == answer.json()["incident"]
    assert line["incident"] in answer.json()["detail"]
    assert SECRET in line["exception"]
    assert line["path"] == "/boom"


def test_only_the_servers_own_report_of_an_incident_is_left_out() -> None:
    """Keeps the test above honest: an error that nobody has logged yet does reach the log through uvicorn."""
    with captured_log() as log:
        logging.getLogger("uvicorn.error").error("in ASGI application", exc_info=RuntimeError("new"))
        assert [line["event"] for line in log.lines()] == ["in ASGI application"]


def test_configuring_twice_does_not_write_twice() -> None:
    with captured_log() as log:
        configure_logging(mask=SecretMask(), json_lines=True, stream=log.stream)
        logging.getLogger("x").warning("once")
        assert len(log.lines()) == 1
