"""Many tabs of one real Chromium on one run of the real server, over plain HTTP/1.1: six connections in all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.ai_server import MODEL, ai_server, drip
from tests.support.cutting_proxy import cutting_proxy
from tests.support.limits import HANG_S, pauses_s
from tests.support.runs import chapter
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

WAIT_MS = 1000 * HANG_S
LANE = "default"

NO_WORKER = "delete window.SharedWorker;"
NO_LOCKS = "delete Navigator.prototype.locks;"

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its runs take as long as a test wants: the endpoint that writes their documents is slow, and costs nothing."""
    data_dir = tmp_path_factory.mktemp("tabs") / "data"
    with (
        ai_server(drip(0.5)) as ai,
        start_server(data_dir, PRESSRUN_AI_BASE_URL=ai.url, PRESSRUN_AI_MODEL=MODEL) as server,
    ):
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 800, "height": 600})
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture
def waiting_run(server: Server) -> Iterator[str]:
    """A run in a paused lane: it is live, and costs nothing until the lane is resumed."""
    with httpx.Client(base_url=server.url) as http:
        http.post(f"/lanes/{LANE}/pause", json={}).raise_for_status()
        body = {"text": chapter(60, f"tabs {time.monotonic_ns()}"), "on_busy": "queue"}
        accepted = http.post("/generate-sse", json=body, headers={"Prefer": "respond-async"})
        operation_id = accepted.raise_for_status().json()["operation_id"]
        yield operation_id
        http.post(f"/runs/{operation_id}/cancel", json={})
        http.post(f"/lanes/{LANE}/resume", json={}).raise_for_status()


def finished_run(server: Server, slides: int) -> str:
    body = {"text": chapter(slides, f"tabs {time.monotonic_ns()}"), "composer": "markdown"}
    with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        accepted = http.post("/generate-sse", json=body, headers={"Prefer": "respond-async"})
        operation_id: str = accepted.raise_for_status().json()["operation_id"]
        http.get(f"/runs/{operation_id}/events").raise_for_status()  # to its end
    return operation_id


def resume(server: Server) -> None:
    httpx.post(f"{server.url}/lanes/{LANE}/resume", json={}).raise_for_status()


def open_streams(server: Server) -> int:
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    return round(float(next(line for line in lines if line.startswith("pressrun_open_streams")).split()[1]))


def expect_streams(server: Server, wanted: int) -> float:
    """Seconds until the server has so many open streams."""
    began = time.monotonic()
    for pause_s in pauses_s():
        if open_streams(server) == wanted:
            return time.monotonic() - began
        if time.monotonic() - began > HANG_S:
            break
        time.sleep(pause_s)  # nothing to wait for but the figure itself
    raise AssertionError(f"{open_streams(server)} open streams, not {wanted}")


def open_tabs(context: BrowserContext, server: Server, operation_id: str, count: int) -> list[Page]:
    """All of them show that the run waits."""
    tabs = [context.new_page() for _ in range(count)]
    for tab in tabs:
        tab.goto(f"{server.url}/runs/{operation_id}", wait_until="commit")
    for tab in tabs:
        expect(tab.get_by_text("Waiting", exact=True).first).to_be_visible()
    return tabs


def all_show(tabs: list[Page], words: str) -> float:
    """Seconds until each of them shows the words."""
    began = time.monotonic()
    for tab in tabs:
        expect(tab.get_by_text(words, exact=True).first).to_be_visible()
    return time.monotonic() - began


def press_cancel(tab: Page) -> float:
    """Seconds until the server has answered."""
    began = time.monotonic()
    with tab.expect_response(lambda response: response.url.endswith("/cancel"), timeout=WAIT_MS) as answer:
        tab.get_by_role("button", name="Cancel").click()
    assert answer.value.status in {200, 202}
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("means", "count"),
    [("", 10), (NO_WORKER, 10), (NO_WORKER + NO_LOCKS, 2), ("", 20)],
    ids=["shared worker", "leader", "neither", "twenty tabs"],
)
def test_all_tabs_show_the_run_live_over_one_stream_and_each_can_cancel_it(
    context: BrowserContext,
    server: Server,
    waiting_run: str,
    means: str,
    count: int,
    record_property: Callable[[str, object], None],
) -> None:
    shared = means != NO_WORKER + NO_LOCKS
    context.add_init_script(means)
    tabs = open_tabs(context, server, waiting_run, count)
    expect_streams(server, 1 if shared else count)
    resume(server)
    record_property("running_s", all_show(tabs, "Running"))
    expect_streams(server, 1 if shared else count)
    cancel_s = press_cancel(tabs[-1])
    record_property("cancel_s", cancel_s)
    record_property("cancelled_s", all_show(tabs, "Cancelled"))
    assert cancel_s < 20, "the cancel waited for a connection"  # 0.1 s when nothing else runs here
    expect_streams(server, 0)


@pytest.mark.parametrize("means", ["", NO_WORKER], ids=["shared worker", "leader"])
def test_the_others_go_on_when_the_tab_that_came_first_is_closed_or_frozen(
    context: BrowserContext,
    server: Server,
    waiting_run: str,
    means: str,
    record_property: Callable[[str, object], None],
) -> None:
    context.add_init_script(means)
    first, second, *others = open_tabs(context, server, waiting_run, 4)
    expect_streams(server, 1)
    first.close()
    record_property("takeover_s", expect_streams(server, 1))
    expect(others[0].get_by_text("Not connected", exact=False)).to_have_count(0)
    context.new_cdp_session(second).send("Page.setWebLifecycleState", {"state": "frozen"})
    expect_streams(server, 1)
    resume(server)
    record_property("running_s", all_show(others, "Running"))
    expect_streams(server, 1)
    context.new_cdp_session(second).send("Page.setWebLifecycleState", {"state": "active"})
    all_show([second, *others], "Running")
    press_cancel(others[-1])
    all_show([second, *others], "Cancelled")
    expect_streams(server, 0)


def test_tabs_on_many_runs_hold_three_streams_and_every_run_is_told(
    context: BrowserContext, server: Server, waiting_run: str
) -> None:
    with httpx.Client(base_url=server.url) as http:
        runs = [waiting_run]
        for number in range(4):
            body = {"text": chapter(1, f"{number} of {waiting_run}"), "on_busy": "queue"}
            answer = http.post("/generate-sse", json=body, headers={"Prefer": "respond-async"})
            runs.append(answer.raise_for_status().json()["operation_id"])
        tabs = [open_tabs(context, server, run, 1)[0] for run in runs]
        most = 0
        for _ in range(100):
            most = max(most, open_streams(server))
        assert most <= 4, "three, and the one that is being closed"
        for run in runs:
            http.post(f"/runs/{run}/cancel", json={}).raise_for_status()
    all_show(tabs, "Cancelled")


def test_pictures_that_could_not_be_had_for_long_come_when_the_connection_is_back(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    operation_id = finished_run(server, slides=2)
    page.route("**/files/**", lambda route: route.abort())
    page.goto(f"{server.url}/runs/{operation_id}")
    expect(page.get_by_role("button", name="Open slide 2", exact=True)).to_be_visible()
    page.wait_for_timeout(13_000)  # longer than all the waits of old, after which a picture was given up
    expect(page.get_by_text("No longer there")).to_have_count(0)
    page.unroute("**/files/**")
    for number in (1, 2):
        picture = page.get_by_role("img", name=f"Slide {number}", exact=True)
        expect(picture).to_have_js_property("naturalWidth", 320)


def test_what_a_person_does_finds_a_connection_while_no_picture_comes(context: BrowserContext, server: Server) -> None:
    """Six pictures that load would hold all connections, for as long as the line is thin."""
    operation_id = finished_run(server, slides=12)
    with cutting_proxy(server.port, b"/files/slides/") as line:
        tabs = [context.new_page() for _ in range(3)]
        for tab in tabs:
            tab.goto(f"{line.url}/runs/{operation_id}", wait_until="commit")
        for tab in tabs:
            expect(tab.get_by_role("button", name="Open slide 6", exact=True)).to_be_attached()
        until = time.monotonic() + HANG_S
        while line.holding < 2 and time.monotonic() < until:
            tabs[0].wait_for_timeout(100)
        tabs[0].wait_for_timeout(1000)  # for whatever else would load
        assert line.holding == 2
        with tabs[-1].expect_response("**/pin", timeout=15_000) as answer:  # pictures are waited for for 20 s
            tabs[-1].get_by_role("button", name="Pin").click()
        assert answer.value.ok
