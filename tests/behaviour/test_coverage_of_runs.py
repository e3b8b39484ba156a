"""What of a source is on its slides: told by real runs, the same after a crash, from the cache and in a rerender."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pressrun.slide_texts import SlideTexts
from tests.support.ai_server import MODEL, ai_server
from tests.support.limits import HANG_S
from tests.support.runs import Event, check_folder, follow, run_to_end
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.slow, pytest.mark.chromium]

SMALL = {"viewport_width": 640, "viewport_height": 360}
PAGE = "<body><h1>Rivers</h1><p>Water finds its way.</p><div style='display:none'>behind the scenes</div>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("coverage") / "data"
    with start_server(data_dir, PRESSRUN_RUN_DEDUP_WINDOW_S="0") as server:
        yield server


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        yield http


def warnings(events: list[Event], code: str = "content_missing") -> list[str]:
    return [event["message"] for event in events if event["type"] == "warning" and event["code"] == code]


def texts_of(http: httpx.Client, operation_id: str) -> SlideTexts:
    answer = http.get(f"/runs/{operation_id}/files/slides.json")
    assert answer.headers["content-type"] == "application/json"
    return SlideTexts.model_validate_json(answer.content)


def missing_in(coverage: dict[str, Any]) -> list[tuple[str, str]]:
    return [(missing["text"], missing["why"]) for missing in coverage["missing"]]


@pytest.mark.promise("coverage")
def test_a_run_says_that_everything_is_on_its_slides(http: httpx.Client, server: Server) -> None:
    text = "# Rivers\n\n- one\n- two\n\n| a | b |\n|---|---|\n| c | d |\n\n`code` and **bold** text"
    events = run_to_end(http, text=text, composer="markdown", **SMALL)
    last = events[-1]
    assert last["coverage"]["share"] == 1
    assert last["coverage"]["compared_with"] == "text"
    assert last["coverage"]["summary"] == "On the slides: all of 11 words."
    assert warnings(events) == []
    assert "slides.json" not in [file["name"] for file in last["artifacts"]]
    run = http.get(f"/runs/{last['operation_id']}").json()
    manifest = check_folder(server.data_dir / "batches" / Path(last["folder"]).name)
    assert run["result"]["coverage"] == manifest["coverage"] == last["coverage"]
    assert "slides.json" in [file["name"] for file in manifest["files"]]
    said = [
        block.text for slide in texts_of(http, last["operation_id"]).slides for block in slide.blocks if not block.added
    ]
    assert said == ["Rivers", "one", "two", "a", "b", "c", "d", "code and bold text"]


@pytest.mark.promise("coverage")
def test_what_is_missing_is_a_warning_with_examples_or_an_error_where_that_was_asked_for(http: httpx.Client) -> None:
    events = run_to_end(http, html=PAGE, **SMALL)
    coverage = events[-1]["coverage"]
    assert missing_in(coverage) == [("behind the scenes", "hidden")]
    assert (coverage["words"], coverage["words_missing"], coverage["hidden_content"]["words"]) == (8, 3, 3)
    assert warnings(events) == [coverage["summary"]]
    assert "“behind the scenes” (line 1, hidden by the document itself)" in coverage["summary"]
    assert run_to_end(http, html=PAGE, require_coverage=0.5, **SMALL)[-1]["type"] == "complete"
    refused = run_to_end(http, html=PAGE, require_coverage=0.9, **SMALL)
    assert (refused[-1]["code"], refused[-1]["stage"]) == ("coverage_too_low", "render")
    assert "behind the scenes" in refused[-1]["message"]
    assert "require_coverage asks for 90 %" in refused[-1]["message"]
    assert not [event for event in refused if event["type"] == "screenshot"]
    answer = http.post("/generate-sse", json={"text": "x", "outputs": ["html"], "require_coverage": 1})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "require_coverage")


@pytest.mark.promise("coverage")
def test_a_rerender_and_a_cached_run_show_the_same_coverage(http: httpx.Client, server: Server) -> None:
    first = run_to_end(http, text="# Rivers\n\n![map](x.png)\n\n<!-- note --> seen", composer="markdown", **SMALL)[-1]
    assert (first["coverage"]["pictures_missing"], first["coverage"]["compared_with"]) == (1, "text")
    again = run_to_end(
        http, text="# Rivers\n\n![map](x.png)\n\n<!-- note --> seen", composer="markdown", output_name="b", **SMALL
    )[-1]
    assert again["coverage"] == first["coverage"]
    name = first["operation_id"]
    for changes in ({"output_name": "c"}, {"zoom": 3}):
        with http.stream("POST", f"/runs/{name}/rerender", json=changes) as answer:
            name = answer.headers["location"].split("/")[2]
            answer.read()
        told = follow(http, name)
        assert told[-1]["coverage"] == first["coverage"]  # the second is of the first, whose source is a file of it
        assert len(warnings(told)) == 1
    http.delete(f"/runs/{first['operation_id']}")
    with http.stream("POST", f"/runs/{name}/rerender", json={"zoom": 2}) as answer:
        name = answer.headers["location"].split("/")[2]
        answer.read()
    assert follow(http, name)[-1]["coverage"] == first["coverage"]


@pytest.mark.promise("coverage")
@pytest.mark.parametrize("point", ["texts.written", "slide.told", "render.checkpointed", "publish.committed"])
def test_a_crash_changes_nothing_of_it_and_tells_it_once(tmp_path: Path, point: str) -> None:
    data_dir = tmp_path / "data"
    with start_server(data_dir, PRESSRUN_ENV="test", PRESSRUN_FAILPOINTS=f"{point}=kill") as server:
        async_ = {"Prefer": "respond-async"}
        answer = httpx.post(f"{server.url}/generate-sse", json={"html": PAGE, **SMALL}, headers=async_, timeout=HANG_S)
        name = answer.json()["operation_id"]
        server.wait()
    with start_server(data_dir) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        told = follow(http, name)
        assert told[-1]["type"] == "complete", told[-1]
        assert missing_in(told[-1]["coverage"]) == [("behind the scenes", "hidden")]
        assert warnings(told) == [told[-1]["coverage"]["summary"]]
        assert texts_of(http, name).not_shown[0].text == "behind the scenes"


@pytest.mark.promise("coverage")
def test_of_a_document_that_an_ai_wrote_its_own_words_are_counted(tmp_path: Path) -> None:
    with (
        ai_server() as endpoint,
        start_server(tmp_path / "data", PRESSRUN_AI_BASE_URL=endpoint.url, PRESSRUN_AI_MODEL=MODEL) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        last = run_to_end(http, text="Rivers carry sand.", composer="ai", **SMALL)[-1]
        assert (last["coverage"]["compared_with"], last["coverage"]["share"]) == ("document", 1)


@pytest.mark.promise("coverage")
def test_a_run_without_slides_has_no_coverage(http: httpx.Client) -> None:
    assert run_to_end(http, text="x", outputs=["html"])[-1]["coverage"] is None


@pytest.mark.promise("coverage")
def test_what_is_too_large_to_be_opened_is_shown_as_it_stands_and_the_run_says_so(http: httpx.Client) -> None:
    scroller = "<div style='height:60px;overflow:auto'><p>seen<p style='margin-top:200px'>below the fold</div>"
    filler = "<i></i>" * 50_000
    events = run_to_end(http, html=f"<h1>Rivers</h1>{scroller}{filler}", **SMALL)
    assert missing_in(events[-1]["coverage"]) == [("below the fold", "clipped")]
    (told,) = warnings(events, "not_opened")
    assert "50 000 elements" in told
    again = run_to_end(http, html=f"<h1>Rivers</h1>{scroller}{filler}", on_duplicate="run", **SMALL)
    assert warnings(again, "not_opened") == [told]  # from the cache, without a browser
    small = run_to_end(http, html=f"<h1>Rivers</h1>{scroller}", **SMALL)
    large = run_to_end(http, html=f"<h1>Rivers</h1><p>nothing to open</p>{filler}", **SMALL)
    for events in (small, large):
        assert events[-1]["coverage"]["share"] == 1
        assert warnings(events, "not_opened") == []
