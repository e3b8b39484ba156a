"""A run from POST to batch folder, and its guard, on the real server with the real Chromium."""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from PIL import Image
from pptx import Presentation

from tests.support.limits import HANG_S
from tests.support.pptx_rules import check_presentation
from tests.support.runs import (
    cancel,
    chapter,
    check_events,
    check_folder,
    events_of,
    follow,
    run_to_end,
    small,
    starting,
    wait_for_status,
    wait_for_title,
)
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.mark.promise("one-terminal")
@pytest.mark.promise("folder-whole")
def test_text_becomes_slides_in_a_folder_that_verifies(http: httpx.Client) -> None:
    outputs = ["images", "html", "pdf", "pptx", "viewer", "contact_sheet", "text", "markdown", "zip"]
    events = run_to_end(http, text=chapter(3, "folder"), outputs=outputs, pptx_mode="both", theme="ink", zoom=2.1)
    check_events(events)
    complete = events[-1]
    folder = Path(complete["folder"])
    manifest = check_folder(folder)
    assert complete["screenshot_files"] == ["slides/0001.png", "slides/0002.png", "slides/0003.png"]
    assert manifest["spec"]["theme"] == "ink"
    for name in complete["screenshot_files"]:
        with Image.open(folder / name) as picture:
            assert picture.size == (1920, 1080)
    names = [artifact["name"] for artifact in complete["artifacts"]]
    endings = [".pdf", ".pptx", "-exact.pptx", "-viewer.html", "-contact-sheet.png", ".txt", ".md", ".zip"]
    assert names == ["document.html", *(f"part-1-folder{ending}" for ending in endings)]
    with pikepdf.open(folder / names[1]) as pdf:
        assert len(pdf.pages) == 3, "the pages are the slides"
    for name in names[2:4]:
        check_presentation(folder / name)
    assert [artifact.get("editability") for artifact in complete["artifacts"]] == [None, None, 1, *[None] * 6]
    assert [file.get("editability") for file in manifest["files"] if file["name"] == names[2]] == [1]
    assert not list(folder.glob("work*")), "what exports worked with is not published"
    order = [event["type"] for event in events if event["type"] not in ("progress", "log")]
    assert order[:3] == ["started", "html_generated", "screenshot"]


def test_a_presentation_shows_the_slides_also_beside_a_pdf_of_the_document(http: httpx.Client) -> None:
    parts = "\n\n".join(f"## Part {number}\n\n{'The river carries sand down to the sea. ' * 60}" for number in range(4))
    spec = {"outputs": ["images", "pdf", "pptx"], "pdf_layout": "document", "viewport_width": 640, "zoom": 0.7}
    complete = run_to_end(http, text=f"# A river\n\n{parts}", viewport_height=360, **spec)[-1]
    folder = Path(complete["folder"])
    said = [slide["blocks"] for slide in json.loads((folder / "slides.json").read_text())["slides"]]
    assert any(block["added"] for blocks in said for block in blocks), "a heading that stands in no document goes on"
    shown = [slide.shapes for slide in Presentation(str(folder / "a-river.pptx")).slides]
    words = [" ".join(shape.text_frame.text for shape in shapes if shape.has_text_frame).split() for shapes in shown]
    assert [sorted(each) for each in words] == [
        sorted(" ".join(block["text"] for block in blocks).split()) for blocks in said
    ]


def test_html_is_shown_as_it_is(http: httpx.Client) -> None:
    html = "<!doctype html><title>Mine</title><body style='margin:0;background:rgb(10,200,30)'><p>x</p>"
    events = run_to_end(http, html=html, image_format="png", viewport_width=400, viewport_height=300, zoom=1)
    assert events[-1]["type"] == "complete", events[-1]
    with Image.open(Path(events[-1]["folder"]) / "slides/0001.png") as picture:
        assert (picture.size, picture.convert("RGB").getpixel((399, 299))) == ((400, 300), (10, 200, 30))


@pytest.mark.promise("pictures-while-running")
def test_each_slide_can_be_fetched_as_soon_as_its_event_is_out(http: httpx.Client) -> None:
    with starting(http, text=chapter(4, "fetch")) as (_, events):
        for event in events:
            if event["type"] == "screenshot":
                answer = http.get(event["url"])
                assert answer.headers["content-type"] == "image/png"
                assert answer.headers["etag"] == f'"{event["sha256"]}"'
                assert len(answer.content) == event["size_bytes"]


@pytest.mark.promise("busy")
def test_another_request_is_told_which_run_is_in_the_way(http: httpx.Client) -> None:
    body: dict[str, Any] = {"text": chapter(100, "busy"), "max_screenshots": 100}
    with starting(http, **body) as (first, events):
        assert first.headers["run-disposition"] == "started"
        started = next(events)
        answer = http.post("/generate-sse", json={"text": "another"})
        problem = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
        assert (problem["reason"], problem["same_request"]) == ("in_flight", False)
        assert problem["operation_id"] == problem["active_operation_id"] == started["operation_id"]
        assert problem["run"]["status"] == "running"
        assert problem["run"]["events_url"] == first.headers["location"]
        assert problem["policies"] == ["join", "queue", "replace"]
        assert answer.headers["retry-after"] == str(problem["retry_after_s"])
        assert answer.headers["x-should-retry"] == answer.headers["stripe-should-retry"] == "false"
        assert answer.headers["link"] == f'<{problem["run"]["events_url"]}>; rel="monitor"'
        again = http.post("/generate-sse", json=small(**body, overlap=15.0)).json()
        assert (again["reason"], again["same_request"]) == ("in_flight", True)
        cancel(http, problem["operation_id"])


@pytest.mark.promise("duplicate")
def test_the_same_request_again_within_the_window_is_a_duplicate(http: httpx.Client) -> None:
    body = {"text": chapter(1, "twice")}
    done = run_to_end(http, **body)[-1]
    answer = http.post("/generate-sse", json=small(**body, theme="auto"))
    assert (answer.status_code, answer.json()["reason"]) == (409, "duplicate")
    assert answer.json()["operation_id"] == done["operation_id"]
    assert answer.json()["run"]["status"] == "complete"


@pytest.mark.promise("single-flight")
def test_one_accepted_run_of_200_simultaneous_identical_posts(server: Server, http: httpx.Client) -> None:
    body = json.dumps(small(text=chapter(6, "race")))
    clients = 50
    barrier = threading.Barrier(clients)
    answers: list[tuple[int, str]] = []

    def post_four_times() -> None:
        with httpx.Client(base_url=server.url, timeout=HANG_S) as client:
            barrier.wait()
            for _ in range(200 // clients):
                headers = {"content-type": "application/json"}
                with client.stream("POST", "/generate-sse", content=body, headers=headers) as answer:
                    if answer.status_code == 200:
                        answers.append((200, next(events_of(answer))["operation_id"]))
                    else:
                        answers.append((answer.status_code, json.loads(answer.read())["operation_id"]))

    threads = [threading.Thread(target=post_four_times) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = [name for status, name in answers if status == 200]
    assert len(accepted) == 1
    assert sorted({status for status, _ in answers}) == [200, 409]
    assert {name for _, name in answers} == set(accepted), "every refusal names the accepted run"
    assert len(answers) == 200
    wait_for_status(http, accepted[0], "complete")


@pytest.mark.promise("run-outlives-client")
@pytest.mark.promise("no-event-lost")
def test_a_run_goes_on_when_its_client_leaves_and_is_followed_from_where_it_was(http: httpx.Client) -> None:
    with starting(http, text=chapter(6, "leave")) as (_, events):
        seen = [next(events) for _ in range(4)]
    operation_id = seen[0]["operation_id"]
    rest = follow(http, operation_id, after=4)
    check_events([*seen, *rest])
    whole = follow(http, operation_id)
    for cut in range(len(whole)):
        assert whole[:cut] + follow(http, operation_id, after=cut) == whole
    assert http.get(f"/runs/{operation_id}/events", headers={"Last-Event-ID": str(len(whole))}).status_code == 204


@pytest.mark.promise("slot-freed")
def test_a_client_that_leaves_before_the_first_byte_leaks_no_slot(server: Server, http: httpx.Client) -> None:
    for number in range(5):
        body = json.dumps({"text": f"gone {number}", "on_disconnect": "cancel"}).encode()
        head = "POST /generate-sse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, not close
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            run = wait_for_title(http, f"gone {number}")  # accepted; nothing of the answer was read
        wait_for_status(http, run["operation_id"], "cancelled", "complete")
    assert http.get("/runs/current").status_code == 204
    assert run_to_end(http, text="after the vanished clients")[-1]["type"] == "complete"


@pytest.mark.promise("folder-own")
def test_runs_of_the_same_moment_get_folders_of_their_own(http: httpx.Client) -> None:
    ends: list[dict[str, str]] = []

    def make(lane: str) -> None:
        ends.append(run_to_end(http, text=chapter(1, f"same moment {lane}"), lane=lane)[-1])

    threads = [threading.Thread(target=make, args=(f"lane-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    folders = {end["folder"] for end in ends}
    assert len(folders) == 4
    for folder in folders:
        check_folder(Path(folder))


def test_the_archive_holds_every_file_of_the_batch(http: httpx.Client) -> None:
    end = run_to_end(http, text=chapter(2, "archive"))[-1]
    answer = http.get(f"/runs/{end['operation_id']}/archive.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        own = ("manifest.json", "document.html", "deck.html", "slides.json")
        assert {*archive.namelist()} == {*own, *end["screenshot_files"]}


def test_history_lists_newest_first_and_pages(http: httpx.Client) -> None:
    ids = [run_to_end(http, text=f"history {number}", title=f"H {number}")[-1]["operation_id"] for number in range(3)]
    first = http.get("/runs", params={"limit": 2, "q": "H "}).json()
    second = http.get("/runs", params={"limit": 2, "q": "H ", "cursor": first["next_cursor"]}).json()
    assert [run["operation_id"] for run in first["runs"] + second["runs"]] == ids[::-1]
    assert http.delete(f"/runs/{ids[0]}").status_code == 204
    assert http.get(f"/runs/{ids[0]}").status_code == 404


@pytest.mark.promise("one-process")
def test_a_second_server_on_the_same_data_folder_is_refused(server: Server) -> None:
    with (
        pytest.raises(AssertionError, match="another Pressrun uses the data folder") as caught,
        start_server(server.data_dir),
    ):
        pass
    assert "Traceback" not in str(caught.value).rpartition("the server ended at once")[2]


def test_a_slide_never_disappears_while_its_run_is_being_published(server: Server, http: httpx.Client) -> None:
    answers: set[int] = set()

    def fetch_until(url: str, stop: threading.Event) -> None:
        with httpx.Client(base_url=server.url) as client:
            while not stop.is_set():
                answers.add(client.get(url).status_code)

    for number in range(10):
        stop = threading.Event()
        with starting(http, text=f"# one {number}\n\n# two") as (_, events):
            url = next(event["url"] for event in events if event["type"] == "screenshot")
            fetcher = threading.Thread(target=fetch_until, args=(url, stop))
            fetcher.start()
            assert list(events)[-1]["type"] == "complete"
        stop.set()
        fetcher.join()
    assert answers == {200}
